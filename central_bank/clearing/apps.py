"""Django application: Clearing and settlement."""

from django.apps import AppConfig


class ClearingConfig(AppConfig):
    name = "central_bank.clearing"
    label = "clearing"
    verbose_name = "Clearing and settlement"

    def ready(self) -> None:
        from central_bank.clearing import (  # noqa: F401 - they register
            cycles,
            handlers,
            notes,
            positions,
            requests,
        )
