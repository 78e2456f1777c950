"""The doorbell of clearing. Two at once do no harm; one that is lost is rung again by beat."""

from celery import shared_task

from central_bank.clearing.chase import chase as chase_payments
from central_bank.clearing.cycles import close_cycle, open_cycle_id
from central_bank.clearing.settlement import settle_closed_cycles


@shared_task(name="central_bank.close_and_settle")
def close_and_settle() -> None:
    """Close the open cycle, and settle every cycle that is closed."""
    close_cycle(open_cycle_id())
    settle_closed_cycles()


@shared_task(name="central_bank.chase")
def chase() -> None:
    """Ask about payments that nobody has answered."""
    chase_payments()
