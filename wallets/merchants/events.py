"""What merchants are told of as it happens, in the transaction of it: one event, one id."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from cbdc.identifiers import derived_id
from wallets.merchants.models import Order, Refund
from wallets.merchants.selectors import order_body, refund_body
from wallets.webhooks.services import emit

ORDER_PAID, ORDER_CLOSED = "order.paid", "order.closed"
REFUND_COMPLETED, REFUND_REJECTED = "refund.completed", "refund.rejected"
_OF_ORDERS = (ORDER_PAID, ORDER_CLOSED)
_OF_REFUNDS = (REFUND_COMPLETED, REFUND_REJECTED)
EVENTS = (*_OF_ORDERS, *_OF_REFUNDS)


def tell_of_order(event: str, order: Order) -> None:
    """An order ended: paid, or closed or expired (its status says which)."""
    _tell(event, order.merchant_id, order.id, order_body(order))


def tell_of_refund(event: str, refund: Refund) -> None:
    """A refund ended."""
    _tell(event, refund.merchant_id, refund.id, refund_body(refund))


def ids_of_events(order_id: UUID, refund_ids: Iterable[UUID]) -> list[UUID]:
    """The ids that events of an order and of refunds of it have, told or not."""
    refunds = [derived_id(one, event) for one in refund_ids for event in _OF_REFUNDS]
    return [derived_id(order_id, event) for event in _OF_ORDERS] + refunds


def _tell(event: str, merchant_id: UUID, subject: UUID, data: Mapping[str, Any]) -> None:
    emit(owner_id=merchant_id, event=event, event_id=derived_id(subject, event), data=dict(data))
