"""Django application: Wallets."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "wallets.accounts"
    label = "accounts"
    verbose_name = "Wallets"

    def ready(self) -> None:
        from wallets import roles  # noqa: F401 - they register
        from wallets.accounts import raising, requests, supervision  # noqa: F401
