"""The doorbell of supervision."""

from celery import shared_task

from central_bank.supervision.four_eyes import expire_requests as expire


@shared_task(name="central_bank.expire_requests")
def expire_requests() -> None:
    """End the requests that nobody decided in time, and tell the banks that asked."""
    expire()
