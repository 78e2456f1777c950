"""What clearing tells the merchants: returns that they sent were decided."""

from collections.abc import Sequence

from commercial_banks.clearing.hooks import on_decided_many
from commercial_banks.clearing.models import InterbankPayment
from wallets.merchants import refunds, returns
from wallets.merchants.models import Refund, Return


@on_decided_many
def outgoing(payments: Sequence[InterbankPayment]) -> None:
    """Tell each refund and return how its try ended; orders are locked in the order of ids."""
    by_id = {p.payment_id: p for p in payments if p.original_id is not None}
    if not by_id:
        return
    for refund in Refund.objects.filter(payment_id__in=by_id).order_by("order_id", "id"):
        assert refund.payment_id is not None  # noqa: S101 - it was found by it
        refunds.decided(refund, by_id[refund.payment_id])
    for row in Return.objects.filter(payment_id__in=by_id).order_by("id"):
        assert row.payment_id is not None  # noqa: S101 - it was found by it
        returns.decided(row, by_id[row.payment_id])
