"""Staff of a development network's institution, for the seeds of both roles."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Permission, User


def seed_person(
    *,
    username: str,
    password: str,
    email: str,
    may: Collection[str] = (),
    superuser: bool = False,
) -> dict[str, Any]:
    """Make a person of the staff, if missing, who may see everything.

    `may` names further permissions by codename. Returns the person in the shape of
    `/devnet/seed`.
    """
    user, created = User.objects.get_or_create(
        username=username,
        defaults={"email": email, "is_staff": True, "is_superuser": superuser},
    )
    if created:
        user.set_password(password)
        user.save(update_fields=["password"])
    if not superuser:
        seen = Permission.objects.filter(codename__startswith="view_")
        user.user_permissions.set(seen | Permission.objects.filter(codename__in=may))
    return {"username": username, "password": password, "totp_secret": None, "roles": [username]}
