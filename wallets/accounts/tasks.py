"""What a bank does for its wallets by the clock."""

from celery import shared_task

from wallets.accounts.limits import refresh_limits
from wallets.accounts.services import purge_enrolments
from wallets.accounts.supervision import report_day


@shared_task(name="wallets.refresh_limits")
def refresh() -> None:
    """Keep the limits of the wallet categories fresh."""
    refresh_limits()


@shared_task(name="wallets.purge_enrolments")
def purge() -> None:
    """Forget old enrolments."""
    while purge_enrolments():
        pass


@shared_task(name="wallets.report_day")
def report() -> None:
    """Tell the central bank yesterday's figures."""
    report_day()
