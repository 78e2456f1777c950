"""Staff of a development network's institution, for the seeds of both roles."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group, User

from cbdc.access.roles import StaffRole


def seed_person(
    *, username: str, password: str, email: str, roles: Collection[StaffRole]
) -> dict[str, Any]:
    """Make a person of the staff, if missing, in these roles alone.

    Returns the person in the shape of `/devnet/seed`; nobody there has a second factor.
    """
    user, created = User.objects.get_or_create(
        username=username, defaults={"email": email, "is_staff": True}
    )
    if created:
        user.set_password(password)
        user.save(update_fields=["password"])
    elif user.is_superuser:  # seeded before there were roles
        user.is_superuser = False
        user.save(update_fields=["is_superuser"])
    user.user_permissions.clear()
    user.groups.set(Group.objects.filter(name__in=roles))
    return {
        "username": username,
        "password": password,
        "totp_secret": None,
        "roles": [role.value for role in roles],
    }
