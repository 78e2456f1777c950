"""The coffee shop that every bank of a development network acquires, and its key (API.md)."""

import hmac
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from stdnum.cn import uscc

from cbdc.access.roles import StaffRole
from cbdc.approvals import four_eyes
from cbdc.crypto.encoding import b64url
from cbdc.devnet.seeding import Seed, register
from cbdc.devnet.staff import seed_person
from cbdc.institution import Role, this_institution
from wallets.merchants.keys import PREFIX, make_key
from wallets.merchants.models import Merchant, Shop, Terminal
from wallets.merchants.onboarding import propose_merchant

TILL = "till-1"
MAKER, CHECKER = "acquirer", "acquiring-checker"
COFFEE = {
    "qr_name": "COFFEE HOUSE",
    "city": "SHANGHAI",
    "category": "5814",
    "transit": False,
    "hot": False,
    "fee_basis_points": 0,  # as the e-CNY, which costs merchants nothing
    "fee_floor": 0,
    "fee_cap": None,
}


@register(Role.COMMERCIAL_BANK)
def merchants() -> Seed:
    """Take the coffee shop on, as two people of the staff would, and show its key."""
    return {"merchants": [_coffee_shop()], "staff": two_people()}


def two_people() -> list[dict[str, Any]]:
    """Who proposes merchants here, and who approves them."""
    return [
        _person(MAKER, StaffRole.OPERATOR),
        _person(CHECKER, StaffRole.APPROVER),
    ]


def seeded_key(merchant: Merchant) -> str:
    """The key of a seeded merchant: fixed by the SECRET_KEY of the development network."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"key {merchant.id}".encode(), "sha256")
    return PREFIX + b64url(digest)


def _coffee_shop() -> dict[str, Any]:
    serial = int(this_institution().number) % 100
    merchant, is_new = take_on("Coffee House", COFFEE, serial=serial, phone_ends="0001")
    if is_new:
        Terminal.objects.create(shop=Shop.objects.get(merchant=merchant), label=TILL)
    return merchant_row(merchant)


def take_on(
    name: str, card: Mapping[str, Any], *, serial: int, phone_ends: str
) -> tuple[Merchant, bool]:
    """Have two people of the staff take a firm on, with a fixed key; False when it was before."""
    bank = this_institution()
    full_name = f"{bank.name} {name}"
    known = Merchant.objects.filter(name=full_name).first()
    if known is not None:
        return known, False
    two_people()
    request = propose_merchant(
        card={
            **card,
            "name": full_name,
            "firm_name": f"{full_name} Co.",
            "credit_code": _credit_code(serial),
        },
        phone=f"+86139{bank.number}{phone_ends}",
        maker=User.objects.get(username=MAKER),
        reason="a development network's",
    )
    four_eyes.approve(request_id=request.id, checker=User.objects.get(username=CHECKER))
    merchant = Merchant.objects.get(id=request.id)
    make_key(merchant=merchant, name="seeded", by="seed", secret=seeded_key(merchant))
    return merchant, True


def merchant_row(merchant: Merchant) -> dict[str, Any]:
    """A seeded merchant as /devnet/seed shows it."""
    return {
        "merchant_id": str(merchant.id),
        "name": merchant.name,
        "wallet_id": merchant.wallet_id,
        "api_key": seeded_key(merchant),
        "transit": merchant.transit,
    }


def _credit_code(serial: int) -> str:
    """A unified social credit code (GB 32100) with its right check character."""
    body = f"91110000600{serial:06d}"
    return body + str(uscc.calc_check_digit(body))


def _person(username: str, role: StaffRole) -> dict[str, Any]:
    return seed_person(
        username=username,
        password=f"{username}-devnet-1",
        email=f"{username}@{this_institution().code}.example",
        roles=[role],
    )
