"""Django application: Customers."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "commercial_banks.customers"
    label = "customers"
    verbose_name = "Customers"
