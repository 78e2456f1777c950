"""The central bank of a development network: its banks, their reserves, its staff."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from cbdc.access.roles import StaffRole
from cbdc.devnet.staff import seed_person
from cbdc.identifiers import new_id
from cbdc.messaging.models import Peer
from cbdc.money import parse_yuan
from central_bank.issuance.models import BankAccount
from central_bank.issuance.services import fund_reserves, set_quota
from central_bank.supervision.models import LimitTable
from central_bank.supervision.services import admit_bank, init_central_bank

RESERVES = parse_yuan("100,000,000.00")
QUOTA = parse_yuan("50,000,000.00")
EMAIL = "{}@central-bank.example"
# Devnet only. Maker and checker may each be either, and never both of one request.
STAFF = {
    "maker": (StaffRole.OPERATOR, StaffRole.APPROVER),
    "checker": (StaffRole.OPERATOR, StaffRole.APPROVER),
    "administrator": (StaffRole.ADMINISTRATOR, StaffRole.VIEWER),
    "viewer": (StaffRole.VIEWER,),
    "auditor": (StaffRole.AUDITOR,),
}


@transaction.atomic
def seed_central_bank(banks: Sequence[Mapping[str, str]]) -> dict[str, list[dict[str, Any]]]:
    """Make the central bank with `banks`, `{code, number, name, base_url, public_key}` each.

    A second call only follows changed names, addresses and keys. Returns the staff in the
    shape of `/devnet/seed`.
    """
    if not LimitTable.objects.exists():
        init_central_bank()
    for bank in banks:
        _seed_bank(bank)
    return {"staff": [_seed_person(username) for username in STAFF]}


def _seed_bank(details: Mapping[str, str]) -> None:
    """Nothing, when the bank is in the directory as it is described."""
    names = ("code", "number", "name", "base_url", "public_key")
    bank = {name: details[name] for name in names}
    code = bank["code"]
    is_new = not BankAccount.objects.filter(bank=code).exists()
    as_described = Peer.objects.filter(
        code=code,
        name=bank["name"],
        base_url=bank["base_url"],
        keys__public_key=bank["public_key"],
    )
    if is_new or not as_described.exists():
        admit_bank(**bank)
    if is_new:
        set_quota(bank=code, quota=QUOTA)
        fund_reserves(bank=code, amount=RESERVES, reference=new_id())


def _seed_person(username: str) -> dict[str, Any]:
    return seed_person(
        username=username,
        password=f"{username}-devnet-1",
        email=EMAIL.format(username),
        roles=STAFF[username],
    )
