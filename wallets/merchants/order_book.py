"""Money for orders: taken once, for the whole amount, while they are open; else sent back.

Rows are locked in one order everywhere: accounts (the ledger), then the order. So nothing here
locks an order to look at it: it is changed by a compare-and-swap after the money has moved.
"""

from typing import Any
from uuid import UUID

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id, parse_uuid
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Transfer, TransferCode
from commercial_banks.chart import FEES
from wallets.merchants import returns
from wallets.merchants.events import ORDER_PAID, tell_of_order
from wallets.merchants.fees import fee_of
from wallets.merchants.machine import OPEN, ORDER, PAID, OrderEvent
from wallets.merchants.models import Merchant, Order, Return
from wallets.merchants.selectors import status_of
from wallets.merchants.sending_back import is_inside
from wallets.payments.models import Payment
from wallets.payments.orders import OrderDue

Cause = Return.Cause


class MerchantOrders:
    """The `OrderBook` of this bank's merchants."""

    def due(self, *, order_id: UUID, payee_wallet: str, payer_wallet: str) -> OrderDue:
        """What an open order asks for; `paid` decides whether it still was open.

        Raises:
            Problem: unknown_payee, order_not_open.
        """
        order = Order.objects.filter(id=order_id, payee_wallet=payee_wallet).first()
        if order is None:
            raise Problem(ErrorCode.UNKNOWN_PAYEE, "There is no such order.")
        if status_of(order) != OPEN:
            raise Problem(ErrorCode.ORDER_NOT_OPEN)
        return OrderDue(order.payee_wallet, order.amount, order.description)

    def paid(self, payment: Payment) -> None:
        """Take the money for its order, or send it back to a payer of another bank.

        Money that names an order and came to somebody who is no merchant stays there.

        Raises:
            Problem: order_not_open, to a payer of this bank, whose payment is then undone.
        """
        cause = _take(payment)
        if cause is None:
            return
        merchant = Merchant.objects.filter(wallet_id=payment.payee_wallet).first()
        if merchant is None:
            return
        if is_inside(payment.payer_wallet):
            raise Problem(ErrorCode.ORDER_NOT_OPEN)
        returns.note(payment=payment, merchant=merchant, cause=cause)


def fee_terms(merchant: Merchant) -> dict[str, Any]:
    """The arguments of `fee_of` for what this merchant is paid now."""
    return {
        "basis_points": merchant.fee_basis_points,
        "floor": merchant.fee_floor,
        "cap": merchant.fee_cap,
    }


def _take(payment: Payment) -> Return.Cause | None:
    """Have the payment pay its order; why not, when it does not."""
    order = _order_of(payment)
    if order is None or order.payee_wallet != payment.payee_wallet:
        return Cause.NO_ORDER
    if order.amount != payment.amount:
        return Cause.AMOUNT
    moment = now()
    terms = fee_terms(order.merchant)
    fee = fee_of(order.amount, **terms)
    fields = {
        "status": PAID,
        "payment_id": payment.id,
        "payer_wallet": payment.payer_wallet,
        "paid_at": moment,
        "fee": fee,
        "fee_terms": terms,
    }
    takes = Order.objects.filter(
        id=order.id, status__in=ORDER.leading_to(OrderEvent.MONEY, PAID), expires_at__gt=moment
    )
    if not takes.update(**fields):
        return Cause.NOT_OPEN
    for name, value in fields.items():
        setattr(order, name, value)
    if fee:
        _charge_fee(order)
    tell_of_order(ORDER_PAID, order)
    return None


def _order_of(payment: Payment) -> Order | None:
    try:
        order_id = parse_uuid(payment.reference)
    except ValueError:
        return None
    return Order.objects.select_related("merchant").filter(id=order_id).first()


def _charge_fee(order: Order) -> None:
    """Out of the wallet that was just paid, whose row is locked; the account of fees is hot."""
    assert order.payment_id is not None  # noqa: S101 - it was just paid
    [result] = create_transfers(
        [
            Transfer(
                id=derived_id(order.payment_id, "fee"),
                debit_account=int(order.payee_wallet),
                credit_account=FEES,
                amount=order.fee,
                ledger=Ledger.DIGITAL_CURRENCY,
                code=TransferCode.FEE,
                reference=order.payment_id,
                occurred_at=now(),
            )
        ]
    )
    if not result.recorded:
        raise RuntimeError(f"the ledger refused the fee of order {order.id}: {result}")
