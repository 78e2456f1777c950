"""The doorbell of webhooks: tasks that look for due rows."""

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from wallets.webhooks.bell import RING_PAUSE_S
from wallets.webhooks.delivery import deliver_due, wind_down
from wallets.webhooks.purging import purge

RING_EXPIRES_S = 5.0  # a ring that waited longer is the sweep's business
LINGER_S = 1.5 * RING_PAUSE_S  # finds what rang no bell because another had just rung


@shared_task(name="wallets.deliver_webhooks", expires=RING_EXPIRES_S)
def deliver() -> None:
    """Send what is due."""
    deliver_due(linger_s=LINGER_S)


@shared_task(name="wallets.purge_webhooks")
def tidy() -> None:
    """Give up what is too old, and forget what ended long ago."""
    purge()


@worker_shutting_down.connect
def _finish_soon(**_: Any) -> None:
    wind_down()
