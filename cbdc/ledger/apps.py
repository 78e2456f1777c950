"""Django application of the ledger."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    """Accounts, transfers and the engine between them."""

    name = "cbdc.ledger"
    label = "ledger"
    verbose_name = "Ledger"

    def ready(self) -> None:
        post_migrate.connect(_make_partitions_ahead, sender=self)


def _make_partitions_ahead(*, using: str, **_: Any) -> None:
    """Each `migrate` leaves a year of partitions, so that none is missing between releases."""
    from django.conf import settings

    from cbdc.clock import now
    from cbdc.ledger.months import extend, has_transfers

    if settings.LEDGER_MONTHS_AHEAD and has_transfers(using):
        extend(now=now(), months=settings.LEDGER_MONTHS_AHEAD, using=using)
