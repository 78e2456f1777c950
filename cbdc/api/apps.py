"""Django application: API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "cbdc.api"
    label = "api"
    verbose_name = "API"
