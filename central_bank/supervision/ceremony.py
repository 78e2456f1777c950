"""People at the console: each proves who it is before taking part in a decision."""

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management.base import CommandError

from cbdc.access import second_factor
from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.audit.console import typed
from cbdc.errors import Problem


def person(username: str) -> User:
    """The member of the staff, who types the password, and a code where one is required.

    Raises:
        CommandError: wrong, or nobody who may decide.
    """
    user = authenticate(username=username, password=typed(f"Password of {username}: "))
    rights = (four_eyes.MAY_PROPOSE, four_eyes.MAY_APPROVE)
    if not isinstance(user, User) or not any(user.has_perm(right) for right in rights):
        raise CommandError(f"{username}: wrong password, or not one who decides")
    if settings.SECOND_FACTOR_REQUIRED and not second_factor.prove(user, typed("Code: ")):
        raise CommandError(f"{username}: wrong code of the second factor, or none set up")
    return user


def decide(request: ApprovalRequest, checker: str | None) -> str:
    """Have the checker approve at once, if there is one here; says what became of it.

    Raises:
        CommandError: refused.
    """
    if checker is None:
        return f"Request {request.id} waits for another person's approval in the admin."
    try:
        four_eyes.approve(request_id=request.id, checker=person(checker))
    except Problem as problem:
        raise CommandError(problem.detail) from problem
    return f"Request {request.id} is approved and carried out."
