"""What the clock does for merchants: orders end, and money that is to go back goes."""

from celery import shared_task

from wallets.merchants.orders import EXPIRE_BATCH, expire
from wallets.merchants.pos_session import purge
from wallets.merchants.refunds import send_due_refunds
from wallets.merchants.returns import send_due_returns


@shared_task(name="merchants.expire_orders")
def expire_orders() -> None:
    """End the orders whose time is over."""
    while expire() == EXPIRE_BATCH:
        pass


@shared_task(name="merchants.send_back")
def send_back() -> None:
    """Send money back that came for nothing, and refunds that are to be tried again."""
    send_due_returns()
    send_due_refunds()


@shared_task(name="merchants.purge_sessions")
def purge_sessions() -> None:
    """Forget the log-ins that are over."""
    purge()
