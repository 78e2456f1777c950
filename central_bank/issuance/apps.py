"""Django application: Issuance."""

from django.apps import AppConfig


class IssuanceConfig(AppConfig):
    name = "central_bank.issuance"
    label = "issuance"
    verbose_name = "Issuance"
