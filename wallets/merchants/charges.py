"""The payer-presented way: a merchant charges the code on a payer's screen, of any bank.

A code of this bank is charged at once, in the order's transaction. For one of another bank a
pain.013 asks that bank, which charges it and pays by pacs.008, or says why not by pain.014.
"""

from datetime import timedelta

from cbdc.api.schema import refuse
from cbdc.clock import now
from cbdc.errors import FieldError
from cbdc.identifiers import institution_number_of
from cbdc.institution import this_institution
from cbdc.money import CURRENCY
from cbdc.protocol.messages import Pain013, Pain014
from commercial_banks.clearing import requests as interbank
from commercial_banks.clearing.directory import bank_of
from wallets.merchants.authentication import Caller
from wallets.merchants.events import ORDER_CLOSED, tell_of_order
from wallets.merchants.machine import CLOSED, ORDER, PAYING, OrderEvent
from wallets.merchants.models import Order
from wallets.merchants.orders import Wanted, draft, insert
from wallets.payments.codes import charge as charge_code

# Above the life of a code, so that its bank refuses before the order ends; money that comes
# later is sent back.
EXPIRES_IN = timedelta(minutes=3)


def charge(*, caller: Caller, wanted: Wanted, payment_code: str) -> Order:
    """Charge a payment code for a new order, in the caller's transaction.

    Paid at once by a payer of this bank; a refusal leaves no order. With a payer of another
    bank it is `paying` until that bank has answered.

    Raises:
        Problem: duplicate_out_trade_no, validation_failed for an unknown code or terminal,
            code_used, code_expired, and what a payment is refused for.
    """
    order = draft(caller=caller, wanted=wanted, expires_in=EXPIRES_IN)
    number = institution_number_of(payment_code)
    if number == this_institution().number:
        insert(order)
        charge_code(
            code=payment_code,
            payee_wallet=order.payee_wallet,
            amount=order.amount,
            reference=str(order.id),
            terminal=order.terminal,
            memo=order.description,
        )
        order.refresh_from_db()  # the payment told the order book
        return order
    payer_bank = bank_of(number)
    if payer_bank is None:
        raise refuse([FieldError("payment_code", "unknown", "There is no such payment code.")])
    order.status, order.payer_bank = PAYING, payer_bank
    insert(order)
    interbank.ask(_request(order, payment_code))
    return order


@interbank.on_answered
def answered(message: Pain014) -> None:
    """The payer's bank says what became of a charge. Money comes by itself (`order_book`)."""
    if message.status != "RJCT":
        return
    moment = now()
    refused = Order.objects.filter(
        id=message.request_id,
        payer_bank=message.payer_bank,
        status__in=ORDER.leading_to(OrderEvent.REFUSED, CLOSED),
    )
    code, detail = message.code or "", message.detail or ""
    if refused.update(status=CLOSED, closed_at=moment, code=code, detail=detail):
        tell_of_order(ORDER_CLOSED, Order.objects.get(id=message.request_id))


def _request(order: Order, payment_code: str) -> Pain013:
    return Pain013(
        request_id=order.id,
        payee_bank=this_institution().code,
        payer_bank=order.payer_bank,
        payee_wallet=order.payee_wallet,
        payer_wallet=None,
        payment_code=payment_code,
        mandate=None,
        amount=order.amount,
        currency=CURRENCY,
        memo=order.description,
        order_reference=str(order.id),
        terminal=order.terminal or None,
        created_at=order.created_at,
        expires_at=order.expires_at,
    )
