"""Harbor's metro in the in-process network, its gates, and riders who tap."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.test import Client

from cbdc.clock import CHINA_STANDARD_TIME, now, rfc3339
from cbdc.identifiers import new_id
from tests.holders import Holder
from tests.in_process import Network
from tests.merchants.support import Till
from tests.support import BANKS, acting_as
from wallets.merchants.seeds import merchants
from wallets.transit.operators import credentials
from wallets.transit.seeds import metro
from wallets.transit.settling import recover_debts, settle

TAPS = "/api/v1/transit/taps"
FARES = "/api/v1/transit/fares"
DENY_LIST = "/api/v1/transit/deny-list"
JOURNEYS = "/api/v1/transit/journeys"


def yesterday() -> date:
    """A transit day in China that is over, in the same week as nothing else here needs."""
    return now().astimezone(CHINA_STANDARD_TIME).date() - timedelta(days=1)


def at(clock: str, day: date | None = None) -> datetime:
    """A moment of yesterday in China, by the clock on the wall."""
    return datetime.combine(day or yesterday(), time.fromisoformat(clock), CHINA_STANDARD_TIME)


class Metro(Till):
    """The seeded operator, calling with its key."""

    def __init__(self, network: Network) -> None:
        self.bank = "harbor"
        self.network = network
        credentials.forget()
        with acting_as(self.bank):
            merchants()  # and the staff who take merchants on
            seeded = metro()
        self.merchant_id = seeded["merchant_id"]
        self.wallet_id = seeded["wallet_id"]
        self.key = seeded["api_key"]

    def upload(self, *taps: dict[str, Any]) -> Any:
        """Upload taps; the answer's body."""
        answer = self.post(TAPS, {"taps": list(taps)}, key=None)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def settle(self) -> None:
        """Rate, bill and charge here, and let the banks talk until they have nothing to say."""
        for _ in range(3):
            with acting_as(self.bank):
                settle()
            self.network.drain()
            for bank in BANKS:
                with acting_as(bank):
                    recover_debts()
            self.network.drain()

    def journeys(self, day: date | None = None) -> list[dict[str, Any]]:
        """The operator's journeys of a day, in the order in which they began."""
        query = {"day": (day or yesterday()).isoformat(), "limit": "100"}
        rows: list[dict[str, Any]] = []
        while True:
            answer = self.get(JOURNEYS, **query)
            assert answer.status_code == 200, answer.content
            body = answer.json()
            rows += body["data"]
            if body["next_cursor"] is None:
                break
            query["cursor"] = body["next_cursor"]
        return sorted(rows, key=lambda row: str(row["started_at"]))

    def denied(self, since: int = 0) -> dict[str, Any]:
        """The deny list, or what changed."""
        answer = self.get(DENY_LIST, since=str(since))
        assert answer.status_code == 200, answer.content
        body: dict[str, Any] = answer.json()
        return body

    def statement(self, day: date | None = None) -> list[str]:
        """The lines of a day's CSV."""
        path = f"/api/v1/transit/statements/{(day or yesterday()).isoformat()}"
        with acting_as(self.bank):
            answer: Any = Client().get(path, headers={"Authorization": f"Bearer {self.key}"})
            assert answer.status_code == 200, answer.content
            return b"".join(answer.streaming_content).decode().splitlines()


@dataclass
class Rider:
    """A holder with a transit credential."""

    holder: Holder
    credential_id: str = ""
    credential: str = ""
    taps: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Fetch the credential, fresh."""
        wallet = self.holder.wallet_id
        answer = self.holder.post(f"/api/v1/wallets/{wallet}/transit-credentials", {})
        assert answer.status_code == 201, answer.content
        self.credential_id = answer.json()["credential_id"]
        self.credential = answer.json()["credential"]

    def tap(
        self, direction: str, station: str, clock: str, *, day: date | None = None, gate: str = "G1"
    ) -> dict[str, Any]:
        """What a gate uploads."""
        return {
            "tap_id": str(new_id()),
            "credential": self.credential,
            "gate_id": gate,
            "station": station,
            "direction": direction,
            "tapped_at": rfc3339(at(clock, day)),
        }

    def ride(
        self, start: str, end: str, clock: str, *, minutes: int = 20, day: date | None = None
    ) -> list[dict[str, Any]]:
        """In here, out there, so many minutes later."""
        began = self.tap("entry", start, clock, day=day)
        ended = self.tap("exit", end, clock, day=day)
        ended["tapped_at"] = rfc3339(at(clock, day) + timedelta(minutes=minutes))
        return [began, ended]

    def journeys(self) -> list[dict[str, Any]]:
        """As the holder sees them, oldest first."""
        answer = self.holder.get(f"/api/v1/wallets/{self.holder.wallet_id}/journeys")
        assert answer.status_code == 200, answer.content
        return list(reversed(answer.json()["data"]))

    def correct(self, journey_id: str, station: str) -> Any:
        """Say where the missing end of a journey was."""
        path = f"/api/v1/wallets/{self.holder.wallet_id}/journeys/{journey_id}/correction"
        return self.holder.post(path, {"station": station})
