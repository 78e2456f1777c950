"""The doorbell of clearing. Two at once do no harm; one that is lost is rung again by beat."""

from celery import shared_task

from central_bank.clearing.chase import chase as chase_payments
from central_bank.clearing.cycles import close_due_cycle
from central_bank.clearing.settlement import settle_closed_cycles


@shared_task(name="central_bank.close_and_settle")
def close_and_settle() -> None:
    """Close the open cycle if its period is over, and settle every cycle that is closed."""
    close_due_cycle()
    settle_closed_cycles()


@shared_task(name="central_bank.chase")
def chase() -> None:
    """Ask about payments that nobody has answered."""
    chase_payments()
