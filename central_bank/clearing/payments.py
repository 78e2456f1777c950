"""A payment between two banks at the central bank: accepted, forwarded, decided once."""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.db import connection

from cbdc.clock import now
from cbdc.crypto.canonical import canonical_json
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import institution_number_of
from cbdc.messaging.services import send
from cbdc.money import CURRENCY
from cbdc.protocol.codecs import plain
from cbdc.protocol.messages import Pacs002, Pacs008
from central_bank.clearing import positions
from central_bank.clearing.cycles import join_open_cycle
from central_bank.clearing.domain import ISO_REASONS, REASON_NOT_SPECIFIED, PaymentState
from central_bank.clearing.models import ClearingPayment
from central_bank.supervision import audit, directory

ASK_AFTER = timedelta(seconds=5)
KNOWN_CODES = {error.code for error in ErrorCode}
_INSERT = """
INSERT INTO clearing_clearingpayment (payment_id, payer_bank, payee_bank, payer_wallet,
    payee_wallet, amount, content_hash, state, code, detail, received_at, decided_at, chase_at,
    chases)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0)
ON CONFLICT (payment_id) DO NOTHING
"""


def accept(message: Pacs008, *, sender: str) -> None:
    """Reserve a payment on the payer's bank and forward it, or reject it; once per payment.

    Raises:
        Problem: permission_denied, when the wallet is not of the sender;
            idempotency_key_reused, when another payment has the id.
    """
    payer = directory.bank(sender)
    if (
        payer is None
        or message.payer_bank != sender
        or institution_number_of(message.payer_wallet) != payer.number
    ):
        raise Problem(ErrorCode.PERMISSION_DENIED, "The payer's wallet is of another bank.")
    refusal = _refusal(message, payer)
    if not _insert(message, refusal):
        _answer_again(message, sender)
        return
    if refusal is None and not positions.reserve(bank=sender, amount=message.amount):
        refusal = ErrorCode.INSUFFICIENT_FUNDS
        detail = "The payer's bank has used up its guarantee."
        ClearingPayment.objects.filter(payment_id=message.payment_id).update(
            state=PaymentState.REJECTED,
            code=refusal.code,
            detail=detail,
            decided_at=now(),
            chase_at=None,
        )
    if refusal is None:
        send(to=message.payee_bank, message=message)
    else:
        tell_payer(ClearingPayment.objects.get(payment_id=message.payment_id))


def _refusal(message: Pacs008, payer: directory.Bank) -> ErrorCode | None:
    payee = directory.bank(message.payee_bank)
    if (
        payee is None
        or payee.code == payer.code
        or institution_number_of(message.payee_wallet) != payee.number
    ):
        return ErrorCode.UNKNOWN_PAYEE
    if message.currency != CURRENCY:
        return ErrorCode.CURRENCY_MISMATCH
    if not (payer.active and payee.active):
        return ErrorCode.INSTITUTION_UNAVAILABLE
    return None


def _insert(message: Pacs008, refusal: ErrorCode | None) -> bool:
    """Whether the payment is new. One that is handled elsewhere right now is waited for."""
    moment = now()
    rejected = refusal is not None
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                message.payment_id,
                message.payer_bank,
                message.payee_bank,
                message.payer_wallet,
                message.payee_wallet,
                message.amount,
                content_hash(message),
                PaymentState.REJECTED if rejected else PaymentState.FORWARDED,
                refusal.code if refusal else "",
                refusal.title + "." if refusal else "",
                moment,
                moment if rejected else None,
                None if rejected else moment + ASK_AFTER,
            ],
        )
        return bool(cursor.rowcount == 1)


def _answer_again(message: Pacs008, sender: str) -> None:
    """INV-4: the id has its effect already; say so again if it is decided."""
    known = ClearingPayment.objects.get(payment_id=message.payment_id)
    same = known.content_hash in ("", content_hash(message))  # "": asked about before it came
    if known.payer_bank != sender or not same:
        raise Problem(ErrorCode.IDEMPOTENCY_KEY_REUSED, "Another payment has this id.")
    if known.state != PaymentState.FORWARDED:
        tell_payer(known)


def decide(message: Pacs002, *, sender: str) -> None:
    """Take the answer of the payee's bank: the first one decides, for good (INV-6).

    Raises:
        Problem: not_found, when no such payment was forwarded to the sender.
    """
    payment = (
        ClearingPayment.objects.select_for_update()
        .filter(payment_id=message.payment_id, payee_bank=sender)
        .first()
    )
    if payment is None:
        raise Problem(ErrorCode.NOT_FOUND, "No such payment was forwarded to you.")
    if message.status == "PDNG":
        return
    completed = message.status == "ACSC"
    if payment.state != PaymentState.FORWARDED:
        if completed != (payment.state == PaymentState.COMPLETED):
            _record_contradiction(payment, message)
        return
    payment.decided_at, payment.chase_at = now(), None
    if completed:
        payment.state = PaymentState.COMPLETED
        payment.cycle_id = join_open_cycle()
    else:
        payment.state = PaymentState.REJECTED
        known = message.code in KNOWN_CODES
        payment.code = (message.code if known else None) or ErrorCode.INSTITUTION_UNAVAILABLE.code
        payment.detail = message.detail or ""
    payment.save(update_fields=["state", "decided_at", "chase_at", "cycle_id", "code", "detail"])
    if completed:
        positions.receive(bank=payment.payee_bank, amount=payment.amount)
    else:
        positions.release(bank=payment.payer_bank, amount=payment.amount)
    tell_payer(payment)


def answer_question(payment_id: UUID, *, sender: str) -> None:
    """Tell the payer's bank the decision, or that there is none yet.

    A payment that never came is rejected here and now, so that it stays rejected if it comes.

    Raises:
        Problem: not_found, when the payment is of another bank.
    """
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                payment_id,
                sender,
                *("", "", ""),
                0,
                "",
                PaymentState.REJECTED,
                ErrorCode.NOT_FOUND.code,
                "The payment never reached the central bank.",
                moment,
                moment,
                None,
            ],
        )
    payment = ClearingPayment.objects.get(payment_id=payment_id)
    if payment.payer_bank != sender:
        raise Problem(ErrorCode.NOT_FOUND, "No such payment of yours.")
    tell_payer(payment)


def tell_payer(payment: ClearingPayment) -> None:
    """Send the state of a payment to the payer's bank."""
    rejected = payment.state == PaymentState.REJECTED
    status = {
        PaymentState.FORWARDED: "PDNG",
        PaymentState.COMPLETED: "ACSC",
        PaymentState.REJECTED: "RJCT",
    }[PaymentState(payment.state)]
    answer = Pacs002(
        payment_id=payment.payment_id,
        status=status,
        reason=ISO_REASONS.get(payment.code, REASON_NOT_SPECIFIED) if rejected else None,
        code=payment.code if rejected else None,
        detail=payment.detail if rejected else None,
    )
    send(to=payment.payer_bank, message=answer)


def content_hash(message: Pacs008) -> str:
    """SHA-256 of the whole message: two messages of one id must say the same."""
    return hashlib.sha256(canonical_json(plain(message))).hexdigest()


def _record_contradiction(payment: ClearingPayment, message: Pacs002) -> None:
    """A bank that changes its answer has a problem of its own; people must look at it."""
    audit.record(
        actor=payment.payee_bank,
        action="contradicting_answer",
        subject=str(payment.payment_id),
        detail={"decided": payment.state, "answered": message.status},
    )
