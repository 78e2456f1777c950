"""The doorbell of notifications: tasks that look for due rows."""

from celery import shared_task

from wallets.notifications.services import purge_notifications, send_due

RING_EXPIRES_S = 5.0  # a ring that waited longer is the sweep's business


@shared_task(name="wallets.notify", expires=RING_EXPIRES_S)
def send() -> None:
    """Send what is due."""
    send_due()


@shared_task(name="wallets.purge_notifications")
def purge() -> None:
    """Forget old ones."""
    while purge_notifications():
        pass
