"""Housekeeping of the ledger. A run that is lost does no harm: the next one does its work."""

import logging

from celery import shared_task

from cbdc.clock import now
from cbdc.ledger import services
from cbdc.ledger.audit import audit_ledger

logger = logging.getLogger(__name__)


@shared_task(name="ledger.fold_hot_accounts")
def fold_hot_accounts() -> None:
    """Bring the rows of hot accounts up to date; one query when nothing is behind."""
    services.fold_hot_accounts()


@shared_task(name="ledger.expire_pending")
def expire_pending() -> None:
    """Void the reservations whose time is over."""
    services.expire_pending(now=now())


@shared_task(name="ledger.audit")
def audit() -> None:
    """Derive the whole ledger again. What does not hold is a critical line of the log each."""
    report = audit_ledger()
    for finding in report.findings:
        logger.critical("the ledger does not hold: %s", finding)
    logger.info("audited %s accounts, %s transfers", report.accounts, report.transfers)
