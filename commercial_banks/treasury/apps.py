"""Django application: Treasury."""

from django.apps import AppConfig


class TreasuryConfig(AppConfig):
    name = "commercial_banks.treasury"
    label = "treasury"
    verbose_name = "Treasury"

    def ready(self) -> None:
        from commercial_banks.treasury import handlers, staff_requests  # noqa: F401 - they register
