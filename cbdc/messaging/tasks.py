"""The doorbell: tasks that look for due rows. Losing any of them, or all, loses nothing."""

from celery import shared_task

from cbdc.messaging.delivery import deliver_due
from cbdc.messaging.lanes import Lane
from cbdc.messaging.selectors import lanes_with_due_messages, waits
from cbdc.messaging.services import purge_nonces

RING_EXPIRES_S = 5.0  # a ring that waited longer is the sweep's business
LINGER_S = 0.5  # a worker that has delivered looks on for that long: cheaper than a ring each


@shared_task(name="messaging.deliver", expires=RING_EXPIRES_S)
def deliver(peer: str, lane: int = Lane.EXPRESS) -> None:
    """Deliver what is due to `peer` in a lane, and what comes while that goes on."""
    deliver_due(peer, Lane(lane), linger_s=LINGER_S)
    if waits(peer, Lane(lane)):  # its turn was over before the queue was empty
        deliver.delay(peer, lane)


@shared_task(name="messaging.sweep")
def sweep() -> None:
    """Ring for every lane in which something is due."""
    for code, lane in lanes_with_due_messages():
        deliver.delay(code, lane.value)


@shared_task(name="messaging.purge")
def purge() -> None:
    """Forget expired nonces."""
    purge_nonces()
