"""Orders as they come in: reserved on the payer's bank and forwarded, held, or rejected; once."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import F

from cbdc.clock import now
from cbdc.crypto.canonical import canonical_json
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import institution_number_of
from cbdc.messaging.handlers import Received
from cbdc.messaging.services import send_each
from cbdc.money import CURRENCY
from cbdc.protocol.codecs import plain
from cbdc.protocol.messages import Order, Pacs004
from cbdc.states import UNKNOWN
from central_bank.clearing import positions, store
from central_bank.clearing.domain import PaymentState
from central_bank.clearing.machine import PAYMENT, Event
from central_bank.clearing.models import ClearingPayment
from central_bank.clearing.store import Payment
from central_bank.clearing.telling import tell_payers
from central_bank.supervision import directory
from central_bank.supervision.directory import Bank

ASK_AFTER = timedelta(seconds=5)


def accept(batch: Sequence[Received[Order]], *, sender: str) -> list[Problem | None]:
    """Take orders of one bank: a verdict on each message, in order.

    Locks, in order: payments by id, the payments that are returned, the sender's position.
    A verdict is a Problem: permission_denied, when the payer is not of the sender;
    idempotency_key_reused, when another payment has the id.
    """
    banks = directory.banks()
    payer = banks.get(sender)
    verdicts: list[Problem | None] = [None] * len(batch)
    orders: dict[UUID, Order] = {}
    again: list[int] = []
    for index, item in enumerate(batch):
        order = item.message
        if payer is None or not _is_of(order, payer):
            verdicts[index] = Problem(
                ErrorCode.PERMISSION_DENIED, "The payer's wallet is of another bank."
            )
        elif order.payment_id in orders:
            again.append(index)
        else:
            orders[order.payment_id] = order
    if payer is not None and orders:
        changed = _take(orders, payer, banks)
        for index, item in enumerate(batch):
            if item.message.payment_id in changed and verdicts[index] is None:
                verdicts[index] = Problem(
                    ErrorCode.IDEMPOTENCY_KEY_REUSED, "Another payment has this id."
                )
    if again:  # the same payment twice in one batch: the second one meets the first
        for index, verdict in zip(
            again, accept([batch[index] for index in again], sender=sender), strict=True
        ):
            verdicts[index] = verdict
    return verdicts


def _is_of(order: Order, payer: Bank) -> bool:
    return (
        order.payer_bank == payer.code and institution_number_of(order.payer_wallet) == payer.number
    )


def _take(orders: dict[UUID, Order], payer: Bank, banks: dict[str, Bank]) -> set[UUID]:
    """Do what the state machine says with each order; the ids that stand for another payment."""
    moment = now()
    gross_from = positions.gross_from(payer.code)
    made = {}
    for payment_id, order in orders.items():
        refusal = _refusal(order, payer, banks)
        payment = _payment(order, gross=order.amount >= gross_from)
        payment.state, payment.chase_at = _after(UNKNOWN, Event.ORDER), moment + ASK_AFTER
        if refusal:
            reject(payment, UNKNOWN, refusal)
        made[payment_id] = payment
    new = store.insert(list(made.values()), moment=moment, chase_at=moment + ASK_AFTER)
    known = store.lock(made.keys() - new)
    same = {
        payment_id: payment
        for payment_id, payment in known.items()
        if payment.payer_bank == payer.code
        and payment.content_hash in ("", made[payment_id].content_hash)  # "": asked about before
    }
    fresh = [made[payment_id] for payment_id in sorted(new) if not made[payment_id].rejected]
    changed = _refuse_returns(fresh)
    changed += _cover(payer.code, [payment for payment in fresh if not payment.rejected])
    waiting = [payment for payment in same.values() if payment.state == PaymentState.HELD]
    released = _release(payer.code, waiting, payer.active)
    store.save([*changed, *released])
    sent_on = [p for p in fresh if p.state == PaymentState.FORWARDED]
    sent_on += [p for p in released if p.state == PaymentState.FORWARDED]
    send_each([(p.payee_bank, orders[p.payment_id]) for p in sent_on])
    told = [made[i] for i in sorted(new) if made[i].state != PaymentState.FORWARDED]
    told += [p for p in same.values() if p.state != PaymentState.FORWARDED]
    tell_payers(told)
    return known.keys() - same.keys()


def _after(state: str, event: Event) -> str:
    return PAYMENT.after(state, event).target


def _payment(order: Order, *, gross: bool) -> Payment:
    return Payment(
        payment_id=order.payment_id,
        payer_bank=order.payer_bank,
        payee_bank=order.payee_bank,
        payer_wallet=order.payer_wallet,
        payee_wallet=order.payee_wallet,
        amount=order.amount,
        content_hash=content_hash(order),
        state=UNKNOWN,
        gross=gross,
        original_id=order.original_payment_id if isinstance(order, Pacs004) else None,
    )


def _refusal(order: Order, payer: Bank, banks: dict[str, Bank]) -> ErrorCode | None:
    payee = banks.get(order.payee_bank)
    if (
        payee is None
        or payee.code == payer.code
        or institution_number_of(order.payee_wallet) != payee.number
    ):
        return ErrorCode.UNKNOWN_PAYEE
    if order.currency != CURRENCY:
        return ErrorCode.CURRENCY_MISMATCH
    if not (payer.active and payee.active):
        return ErrorCode.INSTITUTION_UNAVAILABLE
    return None


def _refuse_returns(fresh: Sequence[Payment]) -> list[Payment]:
    """INV-8: count returns at their original, by a conditional UPDATE each; refuse the rest."""
    refused = []
    for payment in sorted(fresh, key=lambda one: str(one.original_id)):
        if payment.original_id is None:
            continue
        enough = ClearingPayment.objects.filter(
            payment_id=payment.original_id,
            state=PaymentState.COMPLETED,
            payer_bank=payment.payee_bank,
            payee_bank=payment.payer_bank,
            payer_wallet=payment.payee_wallet,
            payee_wallet=payment.payer_wallet,
            returned__lte=F("amount") - payment.amount,
        )
        if not enough.update(returned=F("returned") + payment.amount):
            reject(payment, UNKNOWN, ErrorCode.REFUND_EXCEEDS_PAYMENT)
            refused.append(payment)
    return refused


def _cover(bank: str, fresh: Sequence[Payment]) -> list[Payment]:
    """Reserve or earmark for each payment; those that are changed by it: held for want of cover.

    All net payments together first: one UPDATE when the headroom is there, which is the rule.
    """
    net = [payment for payment in fresh if not payment.gross]
    total = sum(payment.amount for payment in net)
    if net and positions.reserve(bank=bank, amount=total):
        net = []
    held = [p for p in net if not positions.reserve(bank=bank, amount=p.amount)]
    gross = [payment for payment in fresh if payment.gross]
    held += [p for p in gross if not positions.earmark(bank=bank, amount=p.amount)]
    for payment in held:
        payment.state, payment.gross = _after(UNKNOWN, Event.ORDER_UNCOVERED), True
    return held


def _release(bank: str, waiting: Sequence[Payment], active: bool) -> list[Payment]:
    """Held payments whose order came again, because the guarantee was raised."""
    changed = []
    for payment in sorted(waiting, key=lambda one: one.payment_id):
        if not active:
            reject(payment, payment.state, ErrorCode.INSTITUTION_UNAVAILABLE)
        elif positions.earmark(bank=bank, amount=payment.amount):
            payment.state, payment.chase_at = _after(payment.state, Event.ORDER), now() + ASK_AFTER
        else:
            continue
        changed.append(payment)
    return changed


def reject(payment: Payment, state: str, error: ErrorCode) -> None:
    """Refuse an order that found the payment in `state`; the caller saves it."""
    payment.state = _after(state, Event.ORDER_REFUSED)
    payment.code, payment.detail = error.code, error.title + "."
    payment.decided_at, payment.chase_at = now(), None


def content_hash(order: Order) -> str:
    """SHA-256 of the whole message: two messages of one id must say the same."""
    return hashlib.sha256(canonical_json(plain(order))).hexdigest()
