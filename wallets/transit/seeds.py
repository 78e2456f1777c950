"""The metro operator of harbor on a development network, its fares of eight stations, its staff."""

from typing import Any

from cbdc.access.roles import StaffRole
from cbdc.devnet.seeding import Seed, register
from cbdc.devnet.staff import seed_person
from cbdc.institution import Role, this_institution
from wallets.merchants.seeds import merchant_row, take_on
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
        roles=[StaffRole.OPERATOR],
    )
    return {"staff": [clerk], "merchants": [metro()] if this_institution().code == BANK else []}


def metro() -> dict[str, Any]:
    """Take the metro on, as two people of the staff would, with fares in force."""
    merchant, _ = take_on("Metro", METRO, serial=SERIAL, phone_ends="0002")
    operator = operator_of(merchant)
    if not FareVersion.objects.filter(operator=operator).exists():
        put_fares(operator=operator, version="2025", body=FARES)
    return merchant_row(merchant)
