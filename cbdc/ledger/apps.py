"""Django application of the ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Accounts, transfers and the engine between them."""

    name = "cbdc.ledger"
    label = "ledger"
    verbose_name = "Ledger"
