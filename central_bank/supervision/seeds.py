"""What a development network's central bank starts with (cbdc.devnet.seeding)."""

from django.conf import settings

from cbdc.devnet.seeding import Seed, register
from cbdc.institution import Role
from central_bank.supervision.seed import seed_central_bank


@register(Role.CENTRAL_BANK)
def central_bank() -> Seed:
    """The banks of DEVNET_BANKS and the staff."""
    return seed_central_bank(settings.DEVNET_BANKS)
