"""Forgetting a second factor: two people, because one who also gives a new password could act as
the person, and approve what they proposed themselves."""

from django.contrib.auth.models import User

from cbdc.access import second_factor
from cbdc.access.people import MAY_PROPOSE_ROLES
from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.errors import ErrorCode, Problem

KIND = "reset_second_factor"


def request_resetting(*, person: User, maker: User, reason: str) -> ApprovalRequest:
    """Propose that somebody who lost the factor sets up another.

    Raises:
        Problem: permission_denied, for oneself; validation_failed, when there is none.
    """
    if person.pk == maker.pk:
        raise Problem(ErrorCode.PERMISSION_DENIED, "Another administrator resets yours.")
    if second_factor.device_of(person) is None:
        raise Problem(ErrorCode.VALIDATION_FAILED, f"{person} has no second factor.")
    return four_eyes.propose(
        kind=KIND, subject=person.username, payload={}, maker=maker, reason=reason
    )


def _reset(request: ApprovalRequest) -> None:
    if request.checker is None or request.checker.username == request.subject:
        raise Problem(ErrorCode.PERMISSION_DENIED, "Nobody resets a factor of their own.")
    person = User.objects.get(username=request.subject)
    second_factor.reset(person=person, by=request.checker)


four_eyes.register(KIND, fields={}, carry_out=_reset, may_propose=MAY_PROPOSE_ROLES)
