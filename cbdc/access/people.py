"""The people of an institution's staff: their roles, and whether they may come in at all."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from cbdc.access.roles import StaffRole
from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.errors import ErrorCode, Problem

GIVE_ROLE = "give_role"
MAY_PROPOSE_ROLES = "auth.change_user"


def propose_role(*, person: User, role: str, maker: User, reason: str) -> ApprovalRequest:
    """Ask that somebody gets a role; an approver decides.

    Raises:
        Problem: validation_failed, when there is no such role or the person has it;
            permission_denied, for who administers nobody.
    """
    if person.groups.filter(name=role).exists():
        raise Problem(ErrorCode.VALIDATION_FAILED, f"{person} is {role} already.")
    return four_eyes.propose(
        kind=GIVE_ROLE,
        subject=person.username,
        payload={"role": role},
        maker=maker,
        reason=reason,
    )


@transaction.atomic
def take_role(*, person: User, role: str) -> None:
    """One person may: it only takes rights away.

    Raises:
        Problem: validation_failed, when the person does not have it.
    """
    group = person.groups.filter(name=role).first()
    if group is None:
        raise Problem(ErrorCode.VALIDATION_FAILED, f"{person} is not {role}.")
    person.groups.remove(group)


@transaction.atomic
def deactivate(*, person: User, by: User) -> None:
    """The person is out at once, and comes back, if ever, without any role.

    Raises:
        Problem: permission_denied, for oneself; validation_failed, when it is so already.
    """
    if person.pk == by.pk:
        raise Problem(ErrorCode.PERMISSION_DENIED, "Nobody shuts themselves out.")
    _set_active(person, False)
    person.groups.clear()
    person.user_permissions.clear()


@transaction.atomic
def reactivate(*, person: User) -> None:
    """The person may log in again, and do nothing until a role is given.

    Raises:
        Problem: validation_failed, when it is so already.
    """
    _set_active(person, True)


@transaction.atomic
def set_password(*, person: User, password: str, by: User) -> None:
    """Another password for who forgot it; it ends the person's sessions.

    Raises:
        Problem: permission_denied, for oneself; validation_failed, for a weak one.
    """
    if person.pk == by.pk:
        raise Problem(ErrorCode.PERMISSION_DENIED, "Change your own with the old one.")
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Problem(ErrorCode.VALIDATION_FAILED, " ".join(error.messages)) from error
    person.set_password(password)
    person.save(update_fields=["password"])


def _set_active(person: User, active: bool) -> None:
    person = User.objects.select_for_update().get(pk=person.pk)
    if person.is_active == active:
        state = "active" if active else "not active"
        raise Problem(ErrorCode.VALIDATION_FAILED, f"{person} is {state} already.")
    person.is_active = active
    person.save(update_fields=["is_active"])


def _check(payload: dict[str, Any]) -> None:
    if payload["role"] not in set(StaffRole):
        raise Problem(ErrorCode.VALIDATION_FAILED, "There is no such role.")


def _give(request: ApprovalRequest) -> None:
    if request.checker is not None and request.checker.username == request.subject:
        raise Problem(ErrorCode.PERMISSION_DENIED, "Nobody approves a role of their own.")
    person = User.objects.filter(username=request.subject, is_active=True, is_staff=True).first()
    if person is None:
        raise Problem(ErrorCode.NOT_FOUND, "No active member of the staff has that name.")
    person.groups.add(Group.objects.get(name=request.payload["role"]))


four_eyes.register(
    GIVE_ROLE,
    fields={"role": str},
    carry_out=_give,
    check=_check,
    may_propose=MAY_PROPOSE_ROLES,
)
