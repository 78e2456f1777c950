"""Django application: Wallets."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "wallets.accounts"
    label = "accounts"
    verbose_name = "Wallets"

    def ready(self) -> None:
        from wallets.accounts import supervision  # noqa: F401 - it registers
