"""The metro operator of harbor on a development network, its fares of eight stations, its staff."""

from typing import Any

from cbdc.devnet.seeding import Seed, register
from cbdc.devnet.staff import seed_person
from cbdc.institution import Role, this_institution
from wallets.merchants.keys import make_key
from wallets.merchants.models import Merchant
from wallets.merchants.onboarding import approve, propose_merchant
from wallets.merchants.seeds import credit_code, merchant_row, seeded_key
from wallets.transit.models import FareVersion
from wallets.transit.operators.callers import operator_of
from wallets.transit.operators.fares import put_fares

BANK = "harbor"
SERIAL = 900
STATIONS = [
    ("harbour", "Harbour 港口", 1),
    ("market", "Old Market 老市场", 1),
    ("library", "Library 图书馆", 1),
    ("park", "Lotus Park 莲花公园", 2),
    ("stadium", "Stadium 体育场", 2),
    ("university", "University 大学城", 3),
    ("techpark", "Tech Park 科技园", 3),
    ("airport", "Airport 机场", 5),
]
FARES: dict[str, Any] = {
    "effective_from": "2025-01-01",
    "day_starts_at": "04:30",
    "stations": [{"code": code, "name": name, "zone": zone} for code, name, zone in STATIONS],
    "method": "zonal",
    "zones": {"1": 300, "2": 400, "3": 500, "4": 600, "5": 700},
    "concessions": {"student": 50, "senior": 0},
    "transfer_window_min": 30,
    "daily_cap": 2000,
    "weekly_cap": 8000,
    "maximum_fare": 1000,
    "incomplete_after_h": 4,
}
METRO = {
    "qr_name": "METRO",
    "city": "SHANGHAI",
    "category": "4111",  # local passenger transport
    "transit": True,
    "hot": True,
    "fee_basis_points": 0,
    "fee_floor": 0,
    "fee_cap": None,
}


@register(Role.COMMERCIAL_BANK)
def transit() -> Seed:
    """Who works on transit at each bank; and harbor's metro."""
    clerk = seed_person(
        username="transit-clerk",
        password="transit-clerk-devnet-1",  # noqa: S106 - of a development network
        email=f"transit-clerk@{this_institution().code}.example",
        may=["add_correction", "change_charge", "add_riderclass"],
    )
    return {"staff": [clerk], "merchants": [metro()] if this_institution().code == BANK else []}


def metro() -> dict[str, Any]:
    """Take the metro on, as two people of the staff would, with fares in force."""
    name = f"{this_institution().name} Metro"
    merchant = Merchant.objects.filter(name=name).first()
    if merchant is None:
        payload = {
            **METRO,
            "name": name,
            "firm_name": f"{name} Co.",
            "credit_code": credit_code(SERIAL),
            "phone": f"+86139{this_institution().number}0002",
        }
        application = propose_merchant(payload=payload, maker="acquirer")
        merchant = approve(application_id=application.id, checker="acquiring-checker").merchant
        assert merchant is not None  # noqa: S101 - it was just taken on
        make_key(merchant=merchant, name="seeded", by="seed", secret=seeded_key(merchant))
    operator = operator_of(merchant)
    if not FareVersion.objects.filter(operator=operator).exists():
        put_fares(operator=operator, version="2025", body=FARES)
    return merchant_row(merchant)
