"""Django application: Messaging."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "cbdc.messaging"
    label = "messaging"
    verbose_name = "Messaging"

    def ready(self) -> None:
        from cbdc.messaging import parking  # noqa: F401 - it registers
