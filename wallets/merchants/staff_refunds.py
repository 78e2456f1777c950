"""Refunds that a bank's staff makes for a merchant that asked for one: two people must want it."""

from django.contrib.auth.models import User

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import parse_uuid
from wallets.merchants.models import Order
from wallets.merchants.refunds import refund

KIND = "refund_order"


def request_refund(*, order: Order, amount: int, maker: User, reason: str) -> ApprovalRequest:
    """Propose to give back `amount` fen of an order; the payer sees the reason.

    Raises:
        Problem: refund_exceeds_payment, already here; permission_denied.
    """
    if amount > order.amount - order.refunded - order.refunding:
        raise Problem(ErrorCode.REFUND_EXCEEDS_PAYMENT)
    return four_eyes.propose(
        kind=KIND, subject=str(order.id), payload={"amount": amount}, maker=maker, reason=reason
    )


def _refund(request: ApprovalRequest) -> None:
    """Its number is the request's, so that one request refunds once."""
    refund(
        order=Order.objects.get(id=parse_uuid(request.subject)),
        out_refund_no=f"staff-{request.id}",
        amount=request.payload["amount"],
        reason=request.reason,
    )


four_eyes.register(
    KIND, fields={"amount": int}, carry_out=_refund, may_propose="merchants.add_refund"
)
