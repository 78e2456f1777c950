"""Refunds of orders: partial, repeated, never above what was paid (INV-8), to who paid."""

from django.db import IntegrityError, transaction
from django.db.models import F

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id, new_id
from cbdc.ledger.types import Result
from cbdc.protocol.reasons import RETURN_REFUND
from commercial_banks.clearing.models import InterbankPayment
from wallets.merchants.events import REFUND_COMPLETED, REFUND_REJECTED, tell_of_refund
from wallets.merchants.fees import fee_of
from wallets.merchants.machine import PAID
from wallets.merchants.models import Order, Refund
from wallets.merchants.sending_back import (
    each_due,
    is_inside,
    retry_after,
    send_back,
    take_fee_again,
)
from wallets.payments.models import Status
from wallets.payments.refusals import require_recorded

TRIES_MAX = 10  # against others who change the same order
ATTEMPTS_MAX = 9  # four minutes
SWEEP_MAX = 100
# Another try may end otherwise: the central bank had not decided the payment itself yet, or
# could not reach the payer's bank.
WORTH_ANOTHER_TRY = {
    ErrorCode.REFUND_EXCEEDS_PAYMENT.code,
    ErrorCode.INSTITUTION_UNAVAILABLE.code,
}


def refund(*, order: Order, out_refund_no: str, amount: int, reason: str) -> Refund:
    """Give a part of an order back, in the caller's transaction.

    Completed at once inside this bank; pending while it is on its way to another.

    Raises:
        Problem: duplicate_out_refund_no, refund_exceeds_payment (also for an order
            that was not paid), insufficient_funds, wallet_frozen, wallet_closed.
    """
    row = Refund(
        id=new_id(),
        order=order,
        merchant_id=order.merchant_id,
        out_refund_no=out_refund_no,
        amount=amount,
        reason=reason,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Problem(ErrorCode.DUPLICATE_OUT_REFUND_NO) from error
    if order.status != PAID:
        raise Problem(ErrorCode.REFUND_EXCEEDS_PAYMENT, "The order was not paid.")
    _begin(row)
    return row


def send_due_refunds() -> int:
    """Try again what is due; how many were tried."""
    return each_due(Refund.objects.select_related("order"), _try_or_reject, limit=SWEEP_MAX)


def decided(row: Refund, payment: InterbankPayment) -> None:
    """How a try ended, in the transaction of the decision."""
    if payment.status == Status.COMPLETED:
        rows = Order.objects.filter(id=row.order_id)
        rows.update(refunding=F("refunding") - row.amount, refunded=F("refunded") + row.amount)
        _completed(row)
    elif payment.code in WORTH_ANOTHER_TRY and row.attempts < ATTEMPTS_MAX:
        row.due_at = now() + retry_after(row.attempts)
        row.save(update_fields=["due_at"])
    else:
        _reject(row, payment.code, payment.detail)


def _begin(row: Refund) -> None:
    """Move the money, or send it to the payer's bank, and count it at the order.

    The fee becomes what is due of what is left; which that is, depends on the order as it is
    when its row is changed. A try that others overtook is undone, locks and all, and made again.
    """
    _next_attempt(row)
    for _ in range(TRIES_MAX):
        with transaction.atomic():
            order = Order.objects.get(id=row.order_id)
            left = order.amount - order.refunded - order.refunding - row.amount
            if left < 0:
                raise Problem(ErrorCode.REFUND_EXCEEDS_PAYMENT)
            row.fee_back = order.fee - fee_of(left, **order.fee_terms)
            require_recorded(_send(row, order))
            inside = is_inside(order.payer_wallet)
            counted = "refunded" if inside else "refunding"
            as_read = Order.objects.filter(
                id=order.id, refunded=order.refunded, refunding=order.refunding, fee=order.fee
            )
            if as_read.update(**{counted: F(counted) + row.amount, "fee": F("fee") - row.fee_back}):
                break
            transaction.set_rollback(True)
    else:
        raise Problem(ErrorCode.INSTITUTION_UNAVAILABLE, headers={"Retry-After": "1"})
    if inside:
        _completed(row)
    else:
        row.save()


def _try_or_reject(row: Refund) -> None:
    try:
        with transaction.atomic():
            _try_again(row)
    except Problem as problem:
        _reject(row, problem.error.code, problem.detail)


def _try_again(row: Refund) -> None:
    """The order counts it since its first try, and its part of the fee was given back."""
    _next_attempt(row)
    given_back, row.fee_back = row.fee_back, 0
    require_recorded(_send(row, row.order))
    row.fee_back = given_back
    row.save()


def _next_attempt(row: Refund) -> None:
    row.attempts += 1
    row.payment_id, row.due_at = derived_id(row.id, f"refund {row.attempts}"), None


def _send(row: Refund, order: Order) -> Result:
    assert row.payment_id is not None  # noqa: S101 - set before
    assert order.payment_id is not None  # noqa: S101 - it was paid
    return send_back(
        payment_id=row.payment_id,
        original_id=order.payment_id,
        payer_wallet=order.payee_wallet,
        payee_wallet=order.payer_wallet,
        amount=row.amount,
        memo=row.reason,
        reference=str(order.id),
        reason=RETURN_REFUND,
        fee_back=row.fee_back,
    )


def _completed(row: Refund) -> None:
    row.status, row.completed_at, row.due_at = Refund.Status.COMPLETED, now(), None
    row.save()
    tell_of_refund(REFUND_COMPLETED, row)


def _reject(row: Refund, code: str, detail: str) -> None:
    """The payer's bank did not take it: the money is back in the merchant's wallet.

    So the fee is due again; from a wallet that was frozen meanwhile the bank does not take it.
    """
    assert row.payment_id is not None  # noqa: S101 - set with its first try
    wallet = row.order.payee_wallet
    if row.fee_back and not take_fee_again(row.payment_id, wallet, row.fee_back):
        row.fee_back = 0
    Order.objects.filter(id=row.order_id).update(
        refunding=F("refunding") - row.amount, fee=F("fee") + row.fee_back
    )
    row.status, row.due_at, row.fee_back = Refund.Status.REJECTED, None, 0
    row.code, row.detail = code, detail
    row.save()
    tell_of_refund(REFUND_REJECTED, row)
