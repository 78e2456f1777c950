"""Housekeeping of the ledger. A run that is lost does no harm: the next one does its work."""

from celery import shared_task

from cbdc.clock import now
from cbdc.ledger import services


@shared_task(name="ledger.fold_hot_accounts")
def fold_hot_accounts() -> None:
    """Bring the rows of hot accounts up to date; one query when nothing is behind."""
    services.fold_hot_accounts()


@shared_task(name="ledger.expire_pending")
def expire_pending() -> None:
    """Void the reservations whose time is over."""
    services.expire_pending(now=now())
