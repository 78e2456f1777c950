"""What only a development network shows: the last one-time password, and what was seeded."""

from dataclasses import dataclass
from typing import Any

from cbdc.client.transport import Transport, segment


@dataclass(frozen=True, slots=True)
class SeededPerson:
    full_name: str
    phone: str
    id_number: str
    deposit_account: str


@dataclass(frozen=True, slots=True)
class SeededMerchant:
    merchant_id: str
    name: str
    wallet_id: str
    api_key: str
    transit: bool


@dataclass(frozen=True, slots=True)
class SeededStaff:
    username: str
    password: str
    totp_secret: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeedReport:
    people: tuple[SeededPerson, ...]
    merchants: tuple[SeededMerchant, ...]
    staff: tuple[SeededStaff, ...]


class DevnetClient:
    """Every method raises `ApiProblem` (404 outside a development network) or `Unreachable`."""

    def __init__(self, base_url: str, *, transport: Transport | None = None) -> None:
        self._transport = transport or Transport(base_url)

    def otp(self, phone: str) -> str:
        """The last one-time password sent to `phone`."""
        body = self._transport.request("GET", f"/devnet/sms/{segment(phone)}").body
        return str(body["otp"])

    def seed(self) -> SeedReport:
        """What the institution was seeded with."""
        body = self._transport.request("GET", "/devnet/seed").body
        return SeedReport(
            people=tuple(_person(row) for row in body.get("people", [])),
            merchants=tuple(_merchant(row) for row in body.get("merchants", [])),
            staff=tuple(_staff(row) for row in body.get("staff", [])),
        )


def _person(row: dict[str, Any]) -> SeededPerson:
    return SeededPerson(row["full_name"], row["phone"], row["id_number"], row["deposit_account"])


def _merchant(row: dict[str, Any]) -> SeededMerchant:
    return SeededMerchant(
        row["merchant_id"], row["name"], row["wallet_id"], row["api_key"], row["transit"]
    )


def _staff(row: dict[str, Any]) -> SeededStaff:
    return SeededStaff(
        row["username"], row["password"], row.get("totp_secret") or "", tuple(row["roles"])
    )
