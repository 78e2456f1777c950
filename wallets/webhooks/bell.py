"""The doorbell: asks a worker to look at the queues. Losing every ring loses nothing."""

import logging
import threading
import time

logger = logging.getLogger(__name__)
RING_PAUSE_S = 1.0  # one ring finds all that is due; the sweep finds what no ring announced

# Set when something may be due, for a run that is under way in this process.
pressed = threading.Event()
_next_ring = 0.0


def ring() -> None:
    """Ask a worker to look, at most once a second."""
    global _next_ring
    pressed.set()
    if time.monotonic() < _next_ring:
        return
    _next_ring = time.monotonic() + RING_PAUSE_S
    ring_now()


def ring_now() -> None:
    """Ask a worker to look, whoever did so before."""
    from wallets.webhooks.tasks import deliver

    try:
        deliver.delay()
    except Exception as error:  # noqa: BLE001 - the payment stands, whatever the broker says
        logger.warning("the doorbell is silent: %s", type(error).__name__)
