"""The roles of staff, and what each may do; `docs/reference/roles.md` has the table.

A role is a group of Django's, set by every `migrate` to exactly what is granted here and in the
`roles.py` of the tier: what somebody added to a group by hand does not last.
"""

from enum import StrEnum

from django.contrib.auth.models import Group, Permission


class StaffRole(StrEnum):
    """What people are at an institution; a person may be several, and never both maker and
    checker of one request."""

    VIEWER = "viewer"  # sees the business
    OPERATOR = "operator"  # does the work, and proposes what another must approve
    APPROVER = "approver"  # approves or refuses what others proposed
    ADMINISTRATOR = "administrator"  # people, their factors and sessions; no money
    AUDITOR = "auditor"  # sees everything but personal data, the audit log too; changes nothing


SEE_THE_BUSINESS = (
    StaffRole.VIEWER,
    StaffRole.OPERATOR,
    StaffRole.APPROVER,
    StaffRole.AUDITOR,
)
_permissions: dict[StaffRole, set[str]] = {role: set() for role in StaffRole}
_business: set[str] = set()


def grant(role: StaffRole, *permissions: str) -> None:
    """Add to what a role may do: `app_label.codename`."""
    _permissions[role] |= set(permissions)


def business(*app_labels: str) -> None:
    """Name apps whose every row those see who see the business."""
    _business.update(app_labels)


def granted(role: StaffRole) -> frozenset[str]:
    """What was granted to a role beyond seeing the business."""
    return frozenset(_permissions[role])


def set_up(using: str = "default") -> None:
    """Make the groups, and give each what its role is granted, no more; again changes nothing."""
    groups = {role: _group(role, using) for role in StaffRole}
    known = {
        f"{app}.{codename}": (pk, codename.startswith("view_") and app in _business)
        for pk, app, codename in Permission.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    seen = {pk for pk, is_business in known.values() if is_business}
    through = Group.permissions.through
    wanted = set()
    for role, group in groups.items():
        given = {known[name][0] for name in _permissions[role] if name in known}
        given |= seen if role in SEE_THE_BUSINESS else set()
        wanted |= {(group.pk, pk) for pk in given}
    rows = through.objects.using(using).filter(group__in=list(groups.values()))
    present = set(rows.values_list("group_id", "permission_id"))
    through.objects.using(using).bulk_create(
        [through(group_id=group_id, permission_id=pk) for group_id, pk in wanted - present],
        ignore_conflicts=True,
    )
    for group_id, pk in sorted(present - wanted):
        rows.filter(group_id=group_id, permission_id=pk).delete()


def _group(role: StaffRole, using: str) -> Group:
    group, _ = Group.objects.using(using).get_or_create(name=role.value)
    return group


business("messaging", "approvals")
grant(StaffRole.OPERATOR, "messaging.change_outboxmessage", "approvals.add_approvalrequest")
grant(StaffRole.APPROVER, "approvals.change_approvalrequest")
grant(
    StaffRole.ADMINISTRATOR,
    "auth.view_user",
    "auth.add_user",
    "auth.change_user",
    "access.view_staffsession",
    "access.change_staffsession",
    "approvals.view_approvalrequest",
    "audit.view_auditentry",
)
grant(StaffRole.AUDITOR, "auth.view_user", "access.view_staffsession", "audit.view_auditentry")
