"""The person at the counter of a development network's bank."""

from cbdc.access.roles import StaffRole
from cbdc.devnet.seeding import Seed, register
from cbdc.devnet.staff import seed_person
from cbdc.institution import Role, this_institution


@register(Role.COMMERCIAL_BANK)
def counter() -> Seed:
    """Who opens firms' wallets, raises people to category 1, and freezes."""
    return {
        "staff": [
            seed_person(
                username="teller",
                password="teller-devnet-1",  # noqa: S106 - of a development network
                email=f"teller@{this_institution().code}.example",
                roles=[StaffRole.OPERATOR],
            )
        ]
    }
