"""The doorbell of approvals."""

from celery import shared_task

from cbdc.approvals.four_eyes import expire_requests as expire


@shared_task(name="approvals.expire_requests")
def expire_requests() -> None:
    """End the requests that nobody decided in time, and tell whoever asked."""
    expire()
