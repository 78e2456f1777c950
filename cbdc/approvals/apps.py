"""Django application: Approvals."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "cbdc.approvals"
    label = "approvals"
    verbose_name = "Approvals"
