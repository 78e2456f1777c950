"""What the central bank says of our payments: posted, voided, or not decided; many at a time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from cbdc.clock import now
from cbdc.errors import Problem
from cbdc.identifiers import derived_id
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Transfer, TransferFlag
from cbdc.messaging.handlers import Received
from cbdc.protocol.messages import Pacs002
from cbdc.protocol.reasons import HELD_FOR_COVER
from cbdc.states import UNKNOWN
from commercial_banks.clearing import hooks
from commercial_banks.clearing.covering import cover
from commercial_banks.clearing.machine import OUTGOING, OutgoingEvent
from commercial_banks.clearing.models import Break, InterbankPayment, Status

EVENTS = {"ACSC": OutgoingEvent.ACCEPTED, "RJCT": OutgoingEvent.REFUSED}
CONTRADICTIONS = {
    (Status.COMPLETED.value, OutgoingEvent.REFUSED),
    (Status.REJECTED.value, OutgoingEvent.ACCEPTED),
}
_SET = """
UPDATE bank_clearing_interbankpayment p SET status = batch.status, code = batch.code,
    detail = batch.detail, decided_at = %s
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[])
    AS batch (payment_id, status, code, detail)
WHERE p.payment_id = batch.payment_id
"""


def decisions(batch: Sequence[Received[Pacs002]], *, sender: str) -> list[Problem | None]:
    """Take pacs.002 of the central bank. Only the first decision moves money (INV-6)."""
    messages = [item.message for item in batch]
    payments = _lock({message.payment_id for message in messages})
    decided: list[InterbankPayment] = []
    held: list[InterbankPayment] = []
    for message in messages:
        payment = payments.get(message.payment_id)
        event = _event(message)
        state = payment.status if payment is not None else UNKNOWN
        target = OUTGOING.after(state, event).target
        if payment is None:
            continue
        if target != state:
            payment.status, payment.decided_at = target, now()
            payment.code, payment.detail = message.code or "", message.detail or ""
            decided.append(payment)
        elif (state, event) in CONTRADICTIONS:
            _record_contradiction(payment, event)
        elif event is OutgoingEvent.HELD and state == Status.PENDING:
            held.append(payment)
    if decided:
        _carry_out(decided, now())
    cover([payment for payment in held if payment.status == Status.PENDING])
    return [None] * len(batch)


def _lock(payment_ids: set[UUID]) -> dict[UUID, InterbankPayment]:
    rows = InterbankPayment.objects.select_for_update().filter(
        payment_id__in=payment_ids, direction=InterbankPayment.Direction.OUT
    )
    return {row.payment_id: row for row in rows.order_by("payment_id")}


def _event(message: Pacs002) -> OutgoingEvent:
    if message.status == "PDNG":
        held = message.reason == HELD_FOR_COVER
        return OutgoingEvent.HELD if held else OutgoingEvent.UNDECIDED
    return EVENTS[message.status]


def _carry_out(decided: Sequence[InterbankPayment], moment: datetime) -> None:
    """Post or void the reservations, write the decisions, tell who wants to know."""
    results = create_transfers([_resolution(payment, moment) for payment in decided])
    for payment, result in zip(decided, results, strict=True):
        if not result.recorded:
            raise RuntimeError(f"the ledger refused the decision of {payment.payment_id}: {result}")
        payment.decided_at = moment
    with connection.cursor() as cursor:
        cursor.execute(
            _SET,
            [
                moment,
                [payment.payment_id for payment in decided],
                [payment.status for payment in decided],
                [payment.code for payment in decided],
                [payment.detail for payment in decided],
            ],
        )
    hooks.decided(decided)


def _resolution(payment: InterbankPayment, moment: datetime) -> Transfer:
    completed = payment.status == Status.COMPLETED
    return Transfer(
        id=derived_id(payment.payment_id, "resolve"),
        debit_account=0,
        credit_account=0,
        amount=0,
        ledger=0,
        code=0,
        reference=payment.payment_id,
        occurred_at=moment,
        flags=TransferFlag.POST if completed else TransferFlag.VOID,
        pending_id=derived_id(payment.payment_id, "reserve"),
    )


def _record_contradiction(payment: InterbankPayment, event: OutgoingEvent) -> None:
    Break.objects.bulk_create(
        [
            Break(
                payment_id=payment.payment_id,
                kind="contradiction",
                detail=f"{payment.status} here; then {event.value}",
            )
        ],
        ignore_conflicts=True,
    )
