"""Django application: Audit log."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "cbdc.audit"
    label = "audit"
    verbose_name = "Audit log"
