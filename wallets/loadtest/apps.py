"""Django application: Load tests."""

from django.apps import AppConfig


class LoadTestConfig(AppConfig):
    name = "wallets.loadtest"
    label = "loadtest"
    verbose_name = "Load tests"
