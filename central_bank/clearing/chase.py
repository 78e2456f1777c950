"""Asking the payee's bank again, and recalling what it has not answered in time."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cbdc.clock import now
from cbdc.messaging.services import send_many
from cbdc.protocol.messages import Camt056, Message, Pacs028
from central_bank.clearing.domain import PaymentState
from central_bank.clearing.models import ClearingPayment

BATCH_MAX = 500
BATCHES_MAX = 100  # of one run
RECALL_AGAIN_FIRST = timedelta(minutes=1)
RECALL_AGAIN_MAX_DOUBLINGS = 6  # about once an hour


def chase() -> int:
    """Ask about payments that have waited too long; returns how many messages went out.

    First a question (pacs.028), at expiry a recall (camt.056), then the recall again, ever more
    rarely. Unknown is not failed: only the payee's bank's answer decides (INV-6).
    """
    sent = 0
    for _ in range(BATCHES_MAX):
        if not (number := _chase_batch(now())):
            break
        sent += number
    return sent


@transaction.atomic
def _chase_batch(moment: datetime) -> int:
    due = ClearingPayment.objects.filter(state=PaymentState.FORWARDED, chase_at__lte=moment)
    rows = list(due.order_by("chase_at").select_for_update(skip_locked=True)[:BATCH_MAX])
    messages: defaultdict[str, list[Message]] = defaultdict(list)
    for payment in rows:
        messages[payment.payee_bank].append(_next_message(payment, moment))
        payment.chases += 1
    ClearingPayment.objects.bulk_update(rows, ["chase_at", "chases"])
    for bank in sorted(messages):
        send_many(to=bank, messages=messages[bank])
    return len(rows)


def _next_message(payment: ClearingPayment, moment: datetime) -> Message:
    """The message that is due, after setting when the next one is."""
    expires_at = payment.received_at + timedelta(seconds=payment_expiry_s())
    if moment < expires_at:
        payment.chase_at = expires_at
        return Pacs028(payment_id=payment.payment_id)
    doublings = min(max(payment.chases - 1, 0), RECALL_AGAIN_MAX_DOUBLINGS)
    payment.chase_at = moment + RECALL_AGAIN_FIRST * 2**doublings
    return Camt056(payment_id=payment.payment_id, reason="The payment was not answered in time.")


def payment_expiry_s() -> float:
    """How long a payment may stay unanswered before it is recalled: PAYMENT_EXPIRY_S."""
    return float(settings.PAYMENT_EXPIRY_S)
