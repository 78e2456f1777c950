"""A merchant's orders, as small as can be: what the layer above payments registers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from cbdc.errors import ErrorCode, Problem
from wallets.payments.models import Payment
from wallets.payments.orders import OrderDue, order_book, register_order_book


@dataclass
class Orders:
    """`open` are the orders that can be paid; `arrived` the payments that named one."""

    open: dict[UUID, OrderDue] = field(default_factory=dict)
    arrived: list[Payment] = field(default_factory=list)

    def due(self, *, order_id: UUID, payee_wallet: str, payer_wallet: str) -> OrderDue:
        order = self.open.get(order_id)
        if order is None or order.payee_wallet != payee_wallet:
            raise Problem(ErrorCode.UNKNOWN_PAYEE)
        if any(payment.reference == str(order_id) for payment in self.arrived):
            raise Problem(ErrorCode.ORDER_NOT_OPEN)
        return order

    def paid(self, payment: Payment) -> None:
        self.arrived.append(payment)


@contextmanager
def registered() -> Iterator[Orders]:
    before, orders = order_book(), Orders()
    register_order_book(orders)
    try:
        yield orders
    finally:
        register_order_book(before)
