"""Django application: Payments."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "wallets.payments"
    label = "payments"
    verbose_name = "Payments"

    def ready(self) -> None:
        from wallets.payments import (  # noqa: F401 - they register
            clearing,
            counter,
            interbank_charges,
            requests,
        )
