"""Django application: Clearing."""

from django.apps import AppConfig


class BankClearingConfig(AppConfig):
    name = "commercial_banks.clearing"
    label = "bank_clearing"
    verbose_name = "Clearing"

    def ready(self) -> None:
        from commercial_banks.clearing import handlers, notes, requests  # noqa: F401 - they register
