"""Django application: Wallets."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "wallets.accounts"
    label = "accounts"
    verbose_name = "Wallets"
