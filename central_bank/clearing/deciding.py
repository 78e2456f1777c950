"""The answers of the payee's bank: the first one decides a payment, for good (INV-6)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from cbdc.audit import services as audit
from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.messaging.handlers import Received
from cbdc.protocol.messages import Camt029, Pacs002
from cbdc.states import UNKNOWN
from central_bank.clearing import positions, store
from central_bank.clearing.cycles import join_open_cycle
from central_bank.clearing.domain import PaymentState
from central_bank.clearing.gross import settle_gross
from central_bank.clearing.machine import PAYMENT, Event
from central_bank.clearing.models import ClearingPayment
from central_bank.clearing.positions import Change
from central_bank.clearing.store import Payment
from central_bank.clearing.telling import tell_payers
from central_bank.issuance.registry import hold_chain

KNOWN_CODES = {error.code for error in ErrorCode}
EVENTS = {"ACSC": Event.ACCEPTED, "RJCT": Event.REFUSED, "PDNG": Event.UNDECIDED}
RECALL_EVENTS = {"RJCR": Event.ACCEPTED, "CNCL": Event.REFUSED, "PDCR": Event.UNDECIDED}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the payee's bank says of a payment: `code` and `detail` with a refusal."""

    payment_id: UUID
    event: Event
    code: str | None = None
    detail: str | None = None


def statuses(batch: Sequence[Received[Pacs002]], *, sender: str) -> list[Problem | None]:
    """Take pacs.002: an answer to an order or to a question."""
    answers = [
        Answer(m.payment_id, EVENTS[m.status], m.code, m.detail)
        for m in (item.message for item in batch)
    ]
    return decide(answers, sender=sender)


def recall_answers(batch: Sequence[Received[Camt029]], *, sender: str) -> list[Problem | None]:
    """Take camt.029: an answer to a recall."""
    code = ErrorCode.INSTITUTION_UNAVAILABLE.code
    detail = "The payment was not answered in time, and is cancelled."
    answers = [
        Answer(item.message.payment_id, RECALL_EVENTS[item.message.status], code, detail)
        for item in batch
    ]
    return decide(answers, sender=sender)


def decide(answers: Sequence[Answer], *, sender: str) -> list[Problem | None]:
    """Decide payments to the sender's wallets: a verdict on each answer, in order.

    A verdict is a Problem: not_found, when no such payment was forwarded to the sender. Locks,
    in order: payments by id; with gross ones the chain, tokens and accounts; the open cycle;
    positions by bank code; the audit log.
    """
    payments = store.lock({answer.payment_id for answer in answers})
    verdicts: list[Problem | None] = []
    decided: list[Payment] = []
    contradictions: list[tuple[Payment, Answer]] = []
    for answer in answers:
        payment = payments.get(answer.payment_id)
        theirs = payment is not None and payment.payee_bank == sender
        state = payment.state if payment is not None and theirs else UNKNOWN
        if payment is None or state in (UNKNOWN, PaymentState.HELD):
            verdicts.append(Problem(ErrorCode.NOT_FOUND, "No such payment was forwarded to you."))
            continue
        verdicts.append(None)
        target = PAYMENT.after(state, answer.event).target
        if target != state:
            _enter(payment, target, answer)
            decided.append(payment)
        elif _contradicts(state, answer.event):
            contradictions.append((payment, answer))
    if decided:
        _carry_out(decided)
    for payment, answer in contradictions:
        _record_contradiction(payment, answer)
    return verdicts


def _enter(payment: Payment, target: str, answer: Answer) -> None:
    payment.state, payment.decided_at, payment.chase_at = target, now(), None
    if payment.rejected:
        known = answer.code in KNOWN_CODES
        payment.code = (answer.code if known else None) or ErrorCode.INSTITUTION_UNAVAILABLE.code
        payment.detail = answer.detail or ""


def _carry_out(decided: Sequence[Payment]) -> None:
    """Move what the decisions move. What others wait for is locked last."""
    completed = [payment for payment in decided if payment.state == PaymentState.COMPLETED]
    gross = [payment for payment in completed if payment.gross]
    if gross:
        hold_chain()
    for payment in gross:
        settle_gross(payment)
    net = [payment for payment in completed if not payment.gross]
    if net:
        cycle_id = join_open_cycle()
        for payment in net:
            payment.cycle_id = cycle_id
    store.save(decided)
    tell_payers(decided)
    give_returns_back([payment for payment in decided if payment.rejected])
    positions.apply(_changes(decided))


def _changes(decided: Sequence[Payment]) -> dict[str, Change]:
    changes: defaultdict[str, Change] = defaultdict(Change)
    for payment in decided:
        payer, payee = changes[payment.payer_bank], changes[payment.payee_bank]
        if payment.rejected and payment.gross:
            payer.earmarked -= payment.amount
            payer.guarantee += payment.amount
        elif payment.rejected:
            payer.sent -= payment.amount
        elif payment.gross:
            payer.earmarked -= payment.amount
            payee.guarantee += payment.amount
        else:
            payee.received += payment.amount
    return changes


def give_returns_back(rejected: Sequence[Payment]) -> None:
    """A return that did not happen no longer counts at its original."""
    for payment in rejected:
        if payment.original_id is not None:
            ClearingPayment.objects.filter(payment_id=payment.original_id).update(
                returned=F("returned") - payment.amount
            )


def _contradicts(state: str, event: Event) -> bool:
    return (state, event) in (
        (PaymentState.COMPLETED, Event.REFUSED),
        (PaymentState.REJECTED, Event.ACCEPTED),
    )


def _record_contradiction(payment: Payment, answer: Answer) -> None:
    """A bank that changes its answer has a problem of its own; people must look at it."""
    audit.record(
        actor=payment.payee_bank,
        action="contradicting_answer",
        subject=str(payment.payment_id),
        detail={"decided": payment.state, "answered": answer.event.value},
    )
