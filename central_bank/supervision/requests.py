"""What two people decide about a bank's place in the system."""

from django.contrib.auth.models import User

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import Role
from central_bank.supervision import freezing, limits, services

SUSPEND = "suspend_bank"
REINSTATE = "reinstate_bank"
ADMIT = "admit_bank"
ADMISSION = {"number": str, "name": str, "base_url": str, "public_key": str}
REASON = {"reason": str}


def _checker(request: ApprovalRequest) -> str:
    if request.checker is None:
        raise Problem(ErrorCode.PERMISSION_DENIED, "Nobody has checked the request.")
    return request.checker.username


def _suspend(request: ApprovalRequest) -> None:
    services.suspend(
        code=request.subject, reason=request.payload["reason"], actor=_checker(request)
    )


def _reinstate(request: ApprovalRequest) -> None:
    services.reinstate(
        code=request.subject, reason=request.payload["reason"], actor=_checker(request)
    )


def _admit(request: ApprovalRequest) -> None:
    services.admit_bank(code=request.subject, actor=_checker(request), **request.payload)


four_eyes.register(SUSPEND, fields=REASON, carry_out=_suspend, by_hand=Role.CENTRAL_BANK)
four_eyes.register(REINSTATE, fields=REASON, carry_out=_reinstate, by_hand=Role.CENTRAL_BANK)
four_eyes.register(ADMIT, fields=ADMISSION, carry_out=_admit, by_hand=Role.CENTRAL_BANK)


four_eyes.register(
    "add_bank_key",
    fields={"public_key": str},
    carry_out=lambda request: services.add_bank_key(
        code=request.subject, actor=_checker(request), **request.payload
    ),
    by_hand=Role.CENTRAL_BANK,
)
four_eyes.register(
    "retire_bank_key",
    fields={"key_id": str},
    carry_out=lambda request: services.retire_bank_key(
        code=request.subject, actor=_checker(request), **request.payload
    ),
    by_hand=Role.CENTRAL_BANK,
)
four_eyes.register(
    "admit_auditor",
    fields={"public_key": str},
    carry_out=lambda request: services.admit_auditor(
        code=request.subject, actor=_checker(request), **request.payload
    ),
    by_hand=Role.CENTRAL_BANK,
)
four_eyes.register(
    "publish_limits",
    fields={"effective_from": str, "categories": list},
    carry_out=lambda request: limits.publish(**request.payload, actor=_checker(request)),
    check=lambda payload: limits.check(**payload),
    by_hand=Role.CENTRAL_BANK,
)
four_eyes.register(
    "order_freeze",
    fields={"wallet_id": str, "action": str, "reference": str},
    carry_out=lambda request: freezing.order(
        bank=request.subject, order_id=request.id, actor=_checker(request), **request.payload
    ),
    check=lambda payload: freezing.check(**payload),
    by_hand=Role.CENTRAL_BANK,
)


def request_suspension(*, code: str, reason: str, maker: User) -> ApprovalRequest:
    """Propose to suspend a bank."""
    return four_eyes.propose(kind=SUSPEND, subject=code, payload={"reason": reason}, maker=maker)


def request_reinstatement(*, code: str, reason: str, maker: User) -> ApprovalRequest:
    """Propose to take a suspended bank back."""
    return four_eyes.propose(kind=REINSTATE, subject=code, payload={"reason": reason}, maker=maker)


def request_admission(*, code: str, maker: User, **details: str) -> ApprovalRequest:
    """Propose to admit a bank: `number`, `name`, `base_url` and `public_key`.

    Raises:
        Problem: validation_failed, when a detail is missing or unknown.
    """
    return four_eyes.propose(kind=ADMIT, subject=code, payload=details, maker=maker)
