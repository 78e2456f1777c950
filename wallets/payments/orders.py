"""Paying a merchant's order: what the layer of the merchants tells payments, and is told.

That layer registers its book; it is never imported from here. Without one, no order is known.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from cbdc.errors import ErrorCode, Problem
from wallets.payments.models import Payment


@dataclass(frozen=True, slots=True)
class OrderDue:
    """What an open order asks for. `amount` is fen."""

    payee_wallet: str
    amount: int
    memo: str = ""


class OrderBook(Protocol):
    """The orders of this bank's merchants. Both verbs run in the payment's transaction."""

    def due(self, *, order_id: UUID, payee_wallet: str, payer_wallet: str) -> OrderDue:
        """What an open order asks for. It is not locked: `paid` decides, after the money moved.

        Raises:
            Problem: unknown_payee, when that wallet has no such order; order_not_open.
        """

    def paid(self, payment: Payment) -> None:
        """Money for an order has arrived: `payment` is completed, `reference` names the order.

        From a payer of this bank or of another, by QR or by payment code. What was not to be
        paid (no such order, closed, paid before, another amount) is refused to a payer of this
        bank, whose transaction is undone, and the book's to send back to one of another.

        Raises:
            Problem: order_not_open, only when the payer is of this bank.
        """


class _NoOrders:
    def due(self, *, order_id: UUID, payee_wallet: str, payer_wallet: str) -> OrderDue:
        raise Problem(ErrorCode.UNKNOWN_PAYEE, "There is no such order.")

    def paid(self, payment: Payment) -> None:
        return None


_book: OrderBook = _NoOrders()


def register_order_book(book: OrderBook) -> None:
    """Have `book` asked about orders from now on."""
    global _book
    _book = book


def order_book() -> OrderBook:
    """The book that was registered, or one without orders."""
    return _book
