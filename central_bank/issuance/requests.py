"""Issues above quota, and quotas themselves: two people decide (issue 4, "Four eyes")."""

from django.contrib.auth.models import User

from cbdc.errors import ErrorCode, Problem
from cbdc.money import is_amount
from central_bank.issuance.answers import advise, refuse
from central_bank.issuance.domain import Kind
from central_bank.issuance.services import issue, set_quota
from central_bank.supervision import four_eyes
from central_bank.supervision.models import ApprovalRequest

ISSUE = "issue"
QUOTA = "set_quota"


def _issue(request: ApprovalRequest) -> None:
    done = issue(
        request_id=request.id,
        bank=request.subject,
        amount=request.payload["amount"],
        approved=True,
    )
    advise(
        bank=request.subject,
        operation=Kind.ISSUE,
        request_id=request.id,
        amount=request.payload["amount"],
        done=done,
    )


def _refuse_issue(request: ApprovalRequest) -> None:
    refuse(
        bank=request.subject,
        operation=Kind.ISSUE,
        request_id=request.id,
        problem=Problem(ErrorCode.PERMISSION_DENIED, f"The issue was {request.state}."),
    )


def _set_quota(request: ApprovalRequest) -> None:
    actor = request.checker.username if request.checker else ""
    set_quota(bank=request.subject, quota=request.payload["quota"], actor=actor)


four_eyes.register(ISSUE, fields={"amount": int}, carry_out=_issue, turn_down=_refuse_issue)
four_eyes.register(QUOTA, fields={"quota": int}, carry_out=_set_quota)


def request_quota(*, bank: str, quota: int, maker: User) -> ApprovalRequest:
    """Propose a bank's standing quota, in fen.

    Raises:
        Problem: invalid_amount.
    """
    if quota != 0 and not is_amount(quota):
        raise Problem(ErrorCode.INVALID_AMOUNT)
    return four_eyes.propose(kind=QUOTA, subject=bank, payload={"quota": quota}, maker=maker)
