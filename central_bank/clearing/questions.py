"""What the payer's bank asks about its payments, and what it recalls."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.messaging.handlers import Received
from cbdc.messaging.services import send_each
from cbdc.protocol.messages import Camt029, Camt056, Pacs028
from cbdc.protocol.reasons import ALREADY_CREDITED, STILL_UNDER_WAY
from cbdc.states import UNKNOWN
from central_bank.clearing import store
from central_bank.clearing.deciding import give_returns_back
from central_bank.clearing.domain import PaymentState
from central_bank.clearing.machine import PAYMENT, Event
from central_bank.clearing.store import Payment
from central_bank.clearing.telling import tell_payers

RECALL_ANSWERS = {
    PaymentState.HELD: ("CNCL", None),  # which makes it rejected
    PaymentState.REJECTED: ("CNCL", None),
    PaymentState.FORWARDED: ("PDCR", STILL_UNDER_WAY),
    PaymentState.COMPLETED: ("RJCR", ALREADY_CREDITED),
}


def questions(batch: Sequence[Received[Pacs028]], *, sender: str) -> list[Problem | None]:
    """Take pacs.028: tell the payer's bank the decision, or that there is none yet.

    A payment that never came is rejected here and now, so that it stays rejected if it comes. A
    verdict is a Problem: not_found, when the payment is of another bank.
    """
    payments = _known_or_refused([item.message for item in batch], sender)
    mine = {p.payment_id: p for p in payments.values() if p.payer_bank == sender}
    tell_payers(list(mine.values()))
    return [_verdict(item.message, mine) for item in batch]


def recalls(batch: Sequence[Received[Camt056]], *, sender: str) -> list[Problem | None]:
    """Take camt.056: what is not forwarded yet is rejected at once; verdicts as for questions."""
    payments = _known_or_refused([item.message for item in batch], sender)
    mine = {p.payment_id: p for p in payments.values() if p.payer_bank == sender}
    cancelled = []
    answers = []
    for payment in mine.values():
        status, reason = RECALL_ANSWERS[PaymentState(payment.state)]
        answers.append((sender, Camt029(payment.payment_id, status, reason)))
        target = PAYMENT.after(payment.state, Event.RECALL).target
        if target != payment.state:
            cancel(payment, target, "The payer's bank has too few tokens to cover it.")
            cancelled.append(payment)
    store.save(cancelled)
    give_returns_back(cancelled)
    send_each(answers)
    tell_payers([payment for payment in mine.values() if payment.rejected])
    return [_verdict(item.message, mine) for item in batch]


def cancel(payment: Payment, target: str, detail: str) -> None:
    """Reject a payment that was never forwarded; the caller saves it."""
    payment.state, payment.code = target, ErrorCode.INSTITUTION_UNAVAILABLE.code
    payment.detail, payment.decided_at, payment.chase_at = detail, now(), None


def _verdict(message: Pacs028 | Camt056, mine: Mapping[UUID, Payment]) -> Problem | None:
    if message.payment_id in mine:
        return None
    return Problem(ErrorCode.NOT_FOUND, "No such payment of yours.")


def _known_or_refused(messages: Sequence[Pacs028 | Camt056], sender: str) -> dict[UUID, Payment]:
    """The payments, locked; one that was never heard of is entered as rejected first."""
    moment = now()
    never_came = {
        message.payment_id: Payment(
            payment_id=message.payment_id,
            payer_bank=sender,
            payee_bank="",
            payer_wallet="",
            payee_wallet="",
            amount=0,
            content_hash="",
            state=PAYMENT.after(
                UNKNOWN, Event.QUESTION if isinstance(message, Pacs028) else Event.RECALL
            ).target,
            code=ErrorCode.NOT_FOUND.code,
            detail="The payment never reached the central bank.",
        )
        for message in messages
    }
    store.insert(list(never_came.values()), moment=moment, chase_at=moment)
    return store.lock(never_came)
