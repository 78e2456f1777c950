"""Money from another bank for an order that was not to be paid goes back by itself.

It is noted in the transaction that credited it, and sent a moment later: the central bank takes
no return of a payment that it has not decided yet.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db.models import F

from cbdc.clock import now
from cbdc.identifiers import derived_id
from cbdc.protocol.reasons import RETURN_NOT_EXPECTED
from commercial_banks.clearing.models import InterbankPayment
from wallets.merchants.models import RETURN_TRIES as ATTEMPTS_MAX
from wallets.merchants.models import Merchant, Return
from wallets.merchants.sending_back import each_due, retry_after, send_back
from wallets.payments.models import Payment, Status

logger = logging.getLogger(__name__)
BATCH_MAX = 100
WAIT_FIRST = timedelta(milliseconds=500)


def note(*, payment: Payment, merchant: Merchant, cause: Return.Cause) -> None:
    """Write down, in the transaction of the credit, that this money is to go back."""
    Return.objects.create(
        id=payment.id,
        merchant=merchant,
        order_reference=payment.reference,
        cause=cause,
        payer_wallet=payment.payer_wallet,
        payee_wallet=payment.payee_wallet,
        amount=payment.amount,
        due_at=now() + WAIT_FIRST,
    )


def send_due_returns() -> int:
    """Send what is due, each in a transaction of its own; how many were tried."""
    return each_due(Return.objects.all(), _try, limit=BATCH_MAX)


def decided(row: Return, payment: InterbankPayment) -> None:
    """How a try ended, in the transaction of the decision. Another follows a rejection."""
    if payment.status == Status.COMPLETED:
        row.status, row.completed_at, row.due_at = Return.Status.COMPLETED, now(), None
        row.code, row.detail = "", ""
    else:
        _put_off(row, payment.code, payment.detail)
    row.save()


def try_again(*, return_id: UUID) -> bool:
    """Begin anew with a return that was given up; False for one that was not."""
    given_up = Return.objects.filter(id=return_id, status=Return.Status.REJECTED)
    # The ids of tries go on: an id has one effect, for ever.
    return bool(
        given_up.update(
            status=Return.Status.PENDING, due_at=now(), tries_max=F("attempts") + ATTEMPTS_MAX
        )
    )


def _try(row: Return) -> None:
    row.attempts += 1
    payment_id = derived_id(row.id, f"return {row.attempts}")
    result = send_back(
        payment_id=payment_id,
        original_id=row.id,
        payer_wallet=row.payee_wallet,
        payee_wallet=row.payer_wallet,
        amount=row.amount,
        memo="",
        reference=row.order_reference,
        reason=RETURN_NOT_EXPECTED,
    )
    if result.recorded:
        row.payment_id, row.due_at = payment_id, None
    else:
        _put_off(row, result.value, "")
    row.save()


def _put_off(row: Return, code: str, detail: str) -> None:
    row.code, row.detail = code, detail
    if row.attempts < row.tries_max:
        since = row.attempts - (row.tries_max - ATTEMPTS_MAX)  # this round's first try on
        row.due_at = now() + retry_after(since)
        return
    row.status, row.due_at = Return.Status.REJECTED, None
    logger.error("money could not be sent back: return %s, %s", row.id, code)
