"""What a bank's staff does to a fare's charge only when two people want it."""

from django.contrib.auth.models import User

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.identifiers import parse_uuid
from wallets.transit.models import Charge
from wallets.transit.operators.refunding import refund_for_goodwill
from wallets.transit.operators.writing_off import write_off

REFUND = "refund_charge"
WRITE_OFF = "write_off_charge"
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


def _refund(request: ApprovalRequest) -> None:
    refund_for_goodwill(
        charge=Charge.objects.get(id=parse_uuid(request.subject)),
        amount=request.payload["amount"],
        reason=request.reason,
        by=request.checker.username if request.checker else "",
    )


def _write_off(request: ApprovalRequest) -> None:
    write_off(charge_id=parse_uuid(request.subject))


four_eyes.register(REFUND, fields={"amount": int}, carry_out=_refund, may_propose=MAY_PROPOSE)
four_eyes.register(WRITE_OFF, fields={}, carry_out=_write_off, may_propose=MAY_PROPOSE)
