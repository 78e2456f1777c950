"""Django application: Issuance."""

from django.apps import AppConfig


class IssuanceConfig(AppConfig):
    name = "central_bank.issuance"
    label = "issuance"
    verbose_name = "Issuance"

    def ready(self) -> None:
        from central_bank.issuance import (  # noqa: F401 - they register
            handlers,
            issuer,
            requests,
            reserves,
        )
