"""Payments and returns from other banks: credited or refused, once, answered as often as asked."""

from collections.abc import Sequence
from uuid import UUID

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id, institution_number_of
from cbdc.institution import CENTRAL_BANK_CODE, this_institution
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Result, Transfer, TransferCode, TransferFlag
from cbdc.messaging.handlers import Received
from cbdc.messaging.services import send_many
from cbdc.protocol.messages import Camt029, Camt056, Order, Pacs002, Pacs004, Pacs028
from cbdc.protocol.reasons import ALREADY_CREDITED, status_reason
from cbdc.states import UNKNOWN
from commercial_banks.chart import CLEARING
from commercial_banks.clearing import hooks
from commercial_banks.clearing.machine import INCOMING, IncomingEvent
from commercial_banks.clearing.models import InterbankPayment, Status

_REFUSALS = {
    Result.ACCOUNT_NOT_FOUND: ErrorCode.UNKNOWN_PAYEE,
    Result.ACCOUNT_FROZEN: ErrorCode.WALLET_FROZEN,
    Result.ACCOUNT_CLOSED: ErrorCode.WALLET_CLOSED,
    Result.BALANCE_LIMIT_EXCEEDED: ErrorCode.BALANCE_LIMIT_EXCEEDED,
}


def receive(batch: Sequence[Received[Order]], *, sender: str) -> list[Problem | None]:
    """Credit the wallets of orders that are new, or refuse; answer all of them."""
    orders = {item.message.payment_id: item.message for item in batch}
    known = InterbankPayment.objects.in_bulk(list(orders))
    fresh = [orders[payment_id] for payment_id in sorted(orders.keys() - known.keys())]
    if fresh:
        made = [
            _incoming(order, result) for order, result in zip(fresh, _credit(fresh), strict=True)
        ]
        InterbankPayment.objects.bulk_create(made)
        hooks.received([payment for payment in made if payment.status == Status.COMPLETED])
        known |= {payment.payment_id: payment for payment in made}
    send_many(to=CENTRAL_BANK_CODE, messages=[status_of(known[i]) for i in orders])
    return [None] * len(batch)


def _credit(orders: Sequence[Order]) -> list[Result]:
    """One result per order, from one call of the engine."""
    ours = [
        order
        for order in orders
        if institution_number_of(order.payee_wallet) == this_institution().number
    ]
    results = create_transfers([_transfer(order) for order in ours]) if ours else []
    of = {order.payment_id: result for order, result in zip(ours, results, strict=True)}
    return [of.get(order.payment_id, Result.ACCOUNT_NOT_FOUND) for order in orders]


def _transfer(order: Order) -> Transfer:
    """A return ignores the cap of the wallet: it is money going back."""
    is_return = isinstance(order, Pacs004)
    return Transfer(
        id=derived_id(order.payment_id, "credit"),
        debit_account=CLEARING,
        credit_account=int(order.payee_wallet),
        amount=order.amount,
        ledger=Ledger.DIGITAL_CURRENCY,
        code=TransferCode.REFUND if is_return else TransferCode.INTERBANK_IN,
        reference=order.payment_id,
        occurred_at=now(),
        flags=TransferFlag.UNCAPPED if is_return else TransferFlag(0),
    )


def _incoming(order: Order, result: Result) -> InterbankPayment:
    code, detail = "", ""
    event = IncomingEvent.ORDER
    if not result.recorded:
        event = IncomingEvent.ORDER_REFUSED
        error = _REFUSALS.get(result, ErrorCode.INTERNAL_ERROR)
        code, detail = error.code, error.title
    return InterbankPayment(
        payment_id=order.payment_id,
        direction=InterbankPayment.Direction.IN,
        status=INCOMING.after(UNKNOWN, event).target,
        payer_wallet=order.payer_wallet,
        payee_wallet=order.payee_wallet,
        amount=order.amount,
        memo=order.memo,
        order_reference=order.order_reference or "",
        code=code,
        detail=detail,
        created_at=order.created_at,
        decided_at=now(),
        original_id=order.original_payment_id if isinstance(order, Pacs004) else None,
        reason=order.reason if isinstance(order, Pacs004) else "",
    )


def recalls(batch: Sequence[Received[Camt056]], *, sender: str) -> list[Problem | None]:
    """The central bank takes payments back: refused from now on, unless they were credited."""
    moment = now()
    asked = {item.message.payment_id: item.message for item in batch}
    InterbankPayment.objects.bulk_create(
        [
            InterbankPayment(
                payment_id=payment_id,
                direction=InterbankPayment.Direction.IN,
                status=INCOMING.after(UNKNOWN, IncomingEvent.RECALL).target,
                amount=0,
                code=ErrorCode.INSTITUTION_UNAVAILABLE.code,
                detail=f"Recalled before it was received: {message.detail}",
                decided_at=moment,
            )
            for payment_id, message in sorted(asked.items())
        ],
        ignore_conflicts=True,  # known, or received by another worker right now: that stands
    )
    known = _incoming_of(asked)
    send_many(
        to=CENTRAL_BANK_CODE, messages=[_recall_answer(known[i]) for i in asked if i in known]
    )
    return [None] * len(batch)


def questions(batch: Sequence[Received[Pacs028]], *, sender: str) -> list[Problem | None]:
    """Answer the central bank's questions; a payment never seen is not decided."""
    asked = [item.message.payment_id for item in batch]
    known = _incoming_of(asked)
    send_many(
        to=CENTRAL_BANK_CODE,
        messages=[
            status_of(known[i]) if i in known else Pacs002(i, "PDNG", None, None, None)
            for i in asked
        ],
    )
    return [None] * len(batch)


def status_of(payment: InterbankPayment) -> Pacs002:
    """How an incoming payment ended, as the central bank is told."""
    if payment.status == Status.COMPLETED:
        return Pacs002(payment.payment_id, "ACSC", None, None, None)
    reason = status_reason(payment.code)
    return Pacs002(payment.payment_id, "RJCT", reason, payment.code, payment.detail)


def _recall_answer(payment: InterbankPayment) -> Camt029:
    if payment.status == Status.COMPLETED:
        return Camt029(payment.payment_id, "RJCR", ALREADY_CREDITED)
    return Camt029(payment.payment_id, "CNCL", None)


def _incoming_of(payment_ids: Sequence[UUID] | dict[UUID, Camt056]) -> dict[UUID, InterbankPayment]:
    rows = InterbankPayment.objects.filter(
        payment_id__in=list(payment_ids), direction=InterbankPayment.Direction.IN
    )
    return {row.payment_id: row for row in rows}
