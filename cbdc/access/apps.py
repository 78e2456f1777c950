"""Django application: Access."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


def _set_up_roles(sender: AppConfig, using: str, **_: Any) -> None:
    """After the last app: by then every permission there is has been made."""
    from cbdc.access.roles import set_up

    if sender is [app for app in apps.get_app_configs() if app.models_module is not None][-1]:
        set_up(using)


class AccessConfig(AppConfig):
    name = "cbdc.access"
    label = "access"
    verbose_name = "Access"

    def ready(self) -> None:
        from cbdc.access import people, resetting, sessions  # noqa: F401 - they register

        post_migrate.connect(_set_up_roles, dispatch_uid="cbdc.access.roles")
