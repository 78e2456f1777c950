"""Django application: Development network."""

from django.apps import AppConfig


class DevnetConfig(AppConfig):
    name = "cbdc.devnet"
    label = "devnet"
    verbose_name = "Development network"
