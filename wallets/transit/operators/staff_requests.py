"""What a bank's staff does to a fare's charge only when two people want it."""

from typing import Any

from django.contrib.auth.models import User

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import parse_uuid
from wallets.transit.models import Charge, Operator
from wallets.transit.operators.choosing import choose_billing
from wallets.transit.operators.refunding import refund_for_goodwill
from wallets.transit.operators.writing_off import write_off

REFUND = "refund_charge"
WRITE_OFF = "write_off_charge"
BILLING = "set_billing"
MAY_PROPOSE = "transit.change_charge"


def request_refund(*, charge: Charge, amount: int, maker: User, reason: str) -> ApprovalRequest:
    """Propose to give back `amount` fen for goodwill; the rider sees the reason."""
    return four_eyes.propose(
        kind=REFUND, subject=str(charge.id), payload={"amount": amount}, maker=maker, reason=reason
    )


def request_write_off(*, charge: Charge, maker: User, reason: str) -> ApprovalRequest:
    """Propose to book a debt as the operator's loss."""
    return four_eyes.propose(
        kind=WRITE_OFF, subject=str(charge.id), payload={}, maker=maker, reason=reason
    )


def request_billing(
    *, operator: Operator, billing: str, maker: User, reason: str
) -> ApprovalRequest:
    """Propose that riders pay for a day at once, or for each journey.

    Raises:
        Problem: validation_failed, when it is so already; permission_denied.
    """
    if operator.billing == billing:
        raise Problem(ErrorCode.VALIDATION_FAILED, "It is billed so already.")
    return four_eyes.propose(
        kind=BILLING,
        subject=str(operator.pk),
        payload={"billing": billing},
        maker=maker,
        reason=reason,
    )


def _refund(request: ApprovalRequest) -> None:
    refund_for_goodwill(
        charge=Charge.objects.get(id=parse_uuid(request.subject)),
        amount=request.payload["amount"],
        reason=request.reason,
        by=request.checker.username if request.checker else "",
    )


def _write_off(request: ApprovalRequest) -> None:
    write_off(charge_id=parse_uuid(request.subject))


def _check_billing(payload: dict[str, Any]) -> None:
    if payload["billing"] not in Operator.Billing.values:
        raise Problem(ErrorCode.VALIDATION_FAILED, "There is no such way of billing.")


def _bill(request: ApprovalRequest) -> None:
    operator = Operator.objects.select_for_update().get(pk=parse_uuid(request.subject))
    choose_billing(operator, Operator.Billing(request.payload["billing"]))


four_eyes.register(REFUND, fields={"amount": int}, carry_out=_refund, may_propose=MAY_PROPOSE)
four_eyes.register(WRITE_OFF, fields={}, carry_out=_write_off, may_propose=MAY_PROPOSE)
four_eyes.register(
    BILLING,
    fields={"billing": str},
    carry_out=_bill,
    check=_check_billing,
    may_propose="transit.change_operator",
)
