"""Housekeeping of payments by the clock."""

from celery import shared_task

from wallets.payments.codes import purge_codes
from wallets.payments.requests import expire_requests


@shared_task(name="wallets.purge_payment_codes")
def purge_payment_codes() -> None:
    """Forget codes that ended long ago."""
    while purge_codes():
        pass


@shared_task(name="wallets.expire_payment_requests")
def expire_payment_requests() -> None:
    """End payment requests whose time is over."""
    while expire_requests():
        pass
