"""The doorbell: tasks that look for due rows. Losing any of them loses nothing."""

from celery import shared_task

from cbdc.messaging.delivery import deliver_due
from cbdc.messaging.selectors import codes_with_due_messages
from cbdc.messaging.services import purge_nonces

RING_EXPIRES_S = 5.0  # a ring that waited longer is the sweep's business


@shared_task(name="messaging.deliver", expires=RING_EXPIRES_S)
def deliver(peer: str) -> None:
    """Deliver what is due to `peer`."""
    deliver_due(peer)


@shared_task(name="messaging.sweep")
def sweep() -> None:
    """Ring for every peer that something is due for."""
    for code in codes_with_due_messages():
        deliver.delay(code)


@shared_task(name="messaging.purge")
def purge() -> None:
    """Forget expired nonces."""
    purge_nonces()
