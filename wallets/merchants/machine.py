"""An order's life: one transition table. docs/flows/merchants.md shows it; a test compares."""

from enum import StrEnum

from cbdc.states import UNKNOWN, StateMachine
from wallets.merchants.models import Order

Status = Order.Status
OPEN, PAYING, PAID = Status.OPEN.value, Status.PAYING.value, Status.PAID.value
CLOSED, EXPIRED = Status.CLOSED.value, Status.EXPIRED.value


class OrderEvent(StrEnum):
    """What can happen to an order."""

    ORDER = "the merchant orders"
    CHARGE = "the merchant charges a code of another bank"
    MONEY = "the whole amount arrives"
    OTHER_MONEY = "another amount arrives"
    REFUSED = "the payer's bank refuses the charge"
    CLOSE = "the merchant closes"
    EXPIRE = "its time is over"


_DUPLICATE = "`duplicate_out_trade_no`"
_NOT_OPEN = "`order_not_open`"
_SENT_BACK = "refused (a payer of this bank), else sent back"
_NOTHING = "nothing"

ORDER = StateMachine(
    [UNKNOWN, OPEN, PAYING, PAID, CLOSED, EXPIRED],
    {
        OrderEvent.ORDER: {
            UNKNOWN: (OPEN, "a QR code"),
            OPEN: (OPEN, _DUPLICATE),
            PAYING: (PAYING, _DUPLICATE),
            PAID: (PAID, _DUPLICATE),
            CLOSED: (CLOSED, _DUPLICATE),
            EXPIRED: (EXPIRED, _DUPLICATE),
        },
        OrderEvent.CHARGE: {
            UNKNOWN: (PAYING, "pain.013 to the payer's bank"),
            OPEN: (OPEN, _DUPLICATE),
            PAYING: (PAYING, _DUPLICATE),
            PAID: (PAID, _DUPLICATE),
            CLOSED: (CLOSED, _DUPLICATE),
            EXPIRED: (EXPIRED, _DUPLICATE),
        },
        OrderEvent.MONEY: {
            UNKNOWN: (UNKNOWN, _SENT_BACK),
            OPEN: (PAID, "the fee is taken; order.paid"),
            PAYING: (PAID, "the fee is taken; order.paid"),
            PAID: (PAID, _SENT_BACK),
            CLOSED: (CLOSED, _SENT_BACK),
            EXPIRED: (EXPIRED, _SENT_BACK),
        },
        OrderEvent.OTHER_MONEY: {
            UNKNOWN: (UNKNOWN, _SENT_BACK),
            OPEN: (OPEN, _SENT_BACK),
            PAYING: (PAYING, _SENT_BACK),
            PAID: (PAID, _SENT_BACK),
            CLOSED: (CLOSED, _SENT_BACK),
            EXPIRED: (EXPIRED, _SENT_BACK),
        },
        OrderEvent.REFUSED: {
            UNKNOWN: (UNKNOWN, _NOTHING),
            OPEN: (OPEN, _NOTHING),
            PAYING: (CLOSED, "with the reason; order.closed"),
            PAID: (PAID, _NOTHING),
            CLOSED: (CLOSED, _NOTHING),
            EXPIRED: (EXPIRED, _NOTHING),
        },
        OrderEvent.CLOSE: {
            UNKNOWN: (UNKNOWN, "`not_found`"),
            OPEN: (CLOSED, "order.closed"),
            PAYING: (PAYING, _NOT_OPEN),
            PAID: (PAID, _NOT_OPEN),
            CLOSED: (CLOSED, "the order again"),
            EXPIRED: (EXPIRED, _NOT_OPEN),
        },
        OrderEvent.EXPIRE: {
            UNKNOWN: (UNKNOWN, _NOTHING),
            OPEN: (EXPIRED, "order.closed"),
            PAYING: (EXPIRED, "order.closed"),
            PAID: (PAID, _NOTHING),
            CLOSED: (CLOSED, _NOTHING),
            EXPIRED: (EXPIRED, _NOTHING),
        },
    },
)
