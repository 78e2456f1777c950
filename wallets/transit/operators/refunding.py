"""Fares that go back to riders: for days that were rated lower, and for goodwill."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id
from cbdc.protocol.reasons import RETURN_REFUND
from commercial_banks.clearing.models import InterbankPayment
from wallets.merchants.sending_back import each_due, is_inside, retry_after, send_back
from wallets.payments.models import Status
from wallets.transit.models import Charge, FareRefund

SWEEP_MAX = 1_000
BY_RATING = "The day was rated again."


def give_back(paid: Sequence[Charge], amount: int, *, reason: str = BY_RATING, by: str = "") -> int:
    """Note refunds of `amount` fen, of the newest charges first, in the caller's transaction.

    Returns:
        What of it the charges had left to give.
    """
    left = amount
    for charge in sorted(paid, key=lambda charge: charge.id, reverse=True):
        part = min(left, charge.amount - charge.refunded)
        if part <= 0:
            continue
        FareRefund.objects.create(
            charge=charge, amount=part, reason=reason, made_by=by, due_at=now()
        )
        goodwill = part if by else 0
        Charge.objects.filter(id=charge.id).update(
            refunded=F("refunded") + part, goodwill=F("goodwill") + goodwill
        )
        charge.refunded += part
        left -= part
    return amount - left


@transaction.atomic
def refund_for_goodwill(*, charge: Charge, amount: int, reason: str, by: str) -> None:
    """Staff give a part of a charge back, which no rating takes again.

    Raises:
        Problem: refund_exceeds_payment, also for a charge that is not paid.
    """
    charge = Charge.objects.select_for_update().get(id=charge.id)
    if charge.state != Charge.State.PAID or amount > charge.amount - charge.refunded:
        raise Problem(ErrorCode.REFUND_EXCEEDS_PAYMENT)
    give_back([charge], amount, reason=reason, by=by)


def send_due() -> int:
    """Send what is due, each in a transaction of its own; how many were tried."""
    rows = FareRefund.objects.select_related("charge__operator__merchant")
    return each_due(rows, _send, limit=SWEEP_MAX)


def decided(row: FareRefund, payment: InterbankPayment) -> None:
    """How a try to another bank ended. Whatever the reason, money that is due is tried again."""
    if payment.status == Status.COMPLETED:
        _complete(row)
    else:
        _later(row, payment.code, payment.detail)


def _send(row: FareRefund) -> None:
    charge = row.charge
    assert charge.payment_id is not None  # noqa: S101 - it is paid
    row.attempts += 1
    row.payment_id, row.due_at = derived_id(row.id, f"refund {row.attempts}"), None
    try:
        with transaction.atomic():
            result = send_back(
                payment_id=row.payment_id,
                original_id=charge.payment_id,
                payer_wallet=charge.operator.merchant.wallet_id,
                payee_wallet=charge.payer_wallet,
                amount=row.amount,
                memo=f"{charge.operator.merchant.name}, {charge.day.isoformat()}: fare corrected",
                reference="",
                reason=RETURN_REFUND,
            )
    except Problem as problem:
        _later(row, problem.error.code, problem.detail)
        return
    if not result.recorded:
        _later(row, result.value, "")
    elif is_inside(charge.payer_wallet):
        _complete(row)
    else:
        row.save()


def _complete(row: FareRefund) -> None:
    row.status, row.completed_at, row.due_at = FareRefund.Status.COMPLETED, now(), None
    row.code, row.detail = "", ""
    row.save()


def _later(row: FareRefund, code: str, detail: str) -> None:
    """The operator's wallet lacks the money, the rider's is closed, the bank is away: again."""
    row.due_at = now() + retry_after(row.attempts)
    row.code, row.detail = code, detail
    row.save()
