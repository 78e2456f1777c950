"""A bank of a development network: the tokens that it asks for, and its staff."""

from typing import Any

from cbdc.access.roles import StaffRole
from cbdc.devnet.seeding import Seed, register
from cbdc.devnet.staff import seed_person
from cbdc.institution import Role, this_institution
from commercial_banks.treasury.models import TokenRequest
from commercial_banks.treasury.services import request_issue

FIRST_ISSUE = 200_000_000  # fen: 2,000,000.00 yuan


@register(Role.COMMERCIAL_BANK)
def tokens() -> Seed:
    """Ask once; the request waits in the outbox until the institutions run."""
    if not TokenRequest.objects.exists():
        request_issue(amount=FIRST_ISSUE, by="seed")
    return {}


@register(Role.COMMERCIAL_BANK)
def staff() -> Seed:
    """Who may log in to the admin. Devnet only; the auditor sees everything, changes nothing."""
    bank = this_institution().code

    def person(username: str, *roles: StaffRole) -> dict[str, Any]:
        return seed_person(
            username=username,
            password=f"{username}-devnet-1",
            email=f"{username}@{bank}.example",
            roles=roles,
        )

    return {
        "staff": [
            person("administrator", StaffRole.ADMINISTRATOR, StaffRole.VIEWER),
            person("treasurer", StaffRole.OPERATOR),
            person("approver", StaffRole.APPROVER),
            person("viewer", StaffRole.VIEWER),
            person("auditor", StaffRole.AUDITOR),
        ]
    }
