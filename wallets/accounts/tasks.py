"""What a bank does for its wallets by the clock."""

from celery import shared_task

from wallets.accounts.limits import refresh_limits
from wallets.accounts.services import purge_enrolments


@shared_task(name="wallets.refresh_limits")
def refresh() -> None:
    """Keep the limits of the wallet categories fresh."""
    refresh_limits()


@shared_task(name="wallets.purge_enrolments")
def purge() -> None:
    """Forget old enrolments."""
    while purge_enrolments():
        pass
