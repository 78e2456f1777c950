"""Django application: Supervision."""

from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "central_bank.supervision"
    label = "supervision"
    verbose_name = "Supervision"
