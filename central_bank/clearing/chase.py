"""Asking again, and ending what is not answered in time: the central bank alone expires."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cbdc.clock import now
from cbdc.messaging.services import send_each
from cbdc.protocol.messages import Camt056, Message, Pacs028
from cbdc.protocol.reasons import RECALL_NOT_ANSWERED
from central_bank.clearing import store
from central_bank.clearing.accepting import ASK_AFTER
from central_bank.clearing.deciding import give_returns_back
from central_bank.clearing.domain import PaymentState
from central_bank.clearing.machine import PAYMENT, Event
from central_bank.clearing.models import ClearingPayment
from central_bank.clearing.questions import cancel
from central_bank.clearing.store import Payment
from central_bank.clearing.telling import tell_payers

BATCH_MAX = 500
BATCHES_MAX = 100  # of one run
RECALL_AGAIN_FIRST = timedelta(minutes=1)
RECALL_AGAIN_MAX_DOUBLINGS = 6  # about once an hour


def chase() -> int:
    """Look after payments that have waited too long; returns how many that were.

    A forwarded one: first a question (pacs.028), at expiry a recall (camt.056), then the recall
    again, ever more rarely. Unknown is not failed: only the payee's bank's answer decides
    (INV-6). A held one, which no other bank knows of: its bank is reminded, at expiry it ends.
    """
    total = 0
    for _ in range(BATCHES_MAX):
        if not (number := _chase_batch(now())):
            break
        total += number
    return total


@transaction.atomic
def _chase_batch(moment: datetime) -> int:
    due = ClearingPayment.objects.filter(
        state__in=[PaymentState.FORWARDED, PaymentState.HELD], chase_at__lte=moment
    )
    rows = list(due.order_by("chase_at").select_for_update(skip_locked=True)[:BATCH_MAX])
    payments = store.lock([row.payment_id for row in rows])  # ours already: this reads them
    letters: list[tuple[str, Message]] = []
    held: list[Payment] = []
    for row in rows:
        expires_at = row.received_at + timedelta(seconds=payment_expiry_s())
        event = Event.REMINDER if moment < expires_at else Event.EXPIRY
        payment = payments[row.payment_id]
        if payment.state == PaymentState.HELD:
            _look_after_held(payment, event, moment)
            held.append(payment)
        else:
            letters.append((payment.payee_bank, _next_message(payment, event)))
            payment.chase_at = _next_time(row, event, moment, expires_at)
        row.chase_at, row.chases = payment.chase_at, row.chases + 1
    store.save(list(payments.values()))
    _count(rows)
    give_returns_back([payment for payment in held if payment.rejected])
    send_each(letters)
    tell_payers(held)
    return len(rows)


def _look_after_held(payment: Payment, event: Event, moment: datetime) -> None:
    target = PAYMENT.after(payment.state, event).target
    if target != payment.state:
        cancel(payment, target, "The payer's bank did not cover it in time.")
    else:
        payment.chase_at = moment + ASK_AFTER


def _next_message(payment: Payment, event: Event) -> Message:
    if event is Event.REMINDER:
        return Pacs028(payment_id=payment.payment_id)
    return Camt056(
        payment_id=payment.payment_id,
        reason=RECALL_NOT_ANSWERED,
        detail="The payment was not answered in time.",
    )


def _next_time(
    row: ClearingPayment, event: Event, moment: datetime, expires_at: datetime
) -> datetime:
    if event is Event.REMINDER:
        return expires_at
    doublings = min(max(row.chases - 1, 0), RECALL_AGAIN_MAX_DOUBLINGS)
    return moment + RECALL_AGAIN_FIRST * (1 << doublings)


def _count(rows: Sequence[ClearingPayment]) -> None:
    ClearingPayment.objects.bulk_update(rows, ["chases"])


def payment_expiry_s() -> float:
    """How long a payment may stay unanswered before it is recalled: PAYMENT_EXPIRY_S."""
    return float(settings.PAYMENT_EXPIRY_S)
