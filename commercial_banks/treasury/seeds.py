"""The tokens that a bank of a development network asks for when it starts."""

from cbdc.devnet.seeding import Seed, register
from cbdc.institution import Role
from commercial_banks.treasury.models import TokenRequest
from commercial_banks.treasury.services import request_issue

FIRST_ISSUE = 200_000_000  # fen: 2,000,000.00 yuan


@register(Role.COMMERCIAL_BANK)
def tokens() -> Seed:
    """Ask once; the request waits in the outbox until the institutions run."""
    if not TokenRequest.objects.exists():
        request_issue(amount=FIRST_ISSUE, by="seed")
    return {}
