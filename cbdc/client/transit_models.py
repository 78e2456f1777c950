"""What the operator's and the holder's clients hand out about transit: frozen values of the wire
contract. Amounts are fen, times UTC, days transit days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cbdc.client.models import Wire
from cbdc.clock import parse_rfc3339, rfc3339


@dataclass(frozen=True, slots=True)
class TransitCredential:
    """`credential` is the text that a gate reads, until `expires_at`."""

    credential_id: str
    credential: str
    expires_at: datetime

    @classmethod
    def from_wire(cls, wire: Wire) -> "TransitCredential":
        return cls(
            credential_id=wire["credential_id"],
            credential=wire["credential"],
            expires_at=parse_rfc3339(wire["expires_at"]),
        )


@dataclass(frozen=True, slots=True)
class Journey:
    """`status` is "complete", "incomplete" or "corrected"; a station is None where nobody knows
    it. `credential_id` and `tap_ids` are the operator's view alone."""

    journey_id: str
    day: date
    started_at: datetime | None
    origin: str | None
    destination: str | None
    fare: int
    discount: int
    charged: int
    status: str
    charge_status: str
    why: str = ""
    operator: str = ""
    credential_id: str | None = None
    tap_ids: tuple[str, ...] = ()

    @classmethod
    def from_wire(cls, wire: Wire) -> "Journey":
        started_at = wire.get("started_at")
        return cls(
            journey_id=wire["journey_id"],
            day=date.fromisoformat(wire["day"]),
            started_at=parse_rfc3339(started_at) if started_at else None,
            origin=wire["from"],
            destination=wire["to"],
            fare=wire["fare"],
            discount=wire["discount"],
            charged=wire["charged"],
            status=wire["status"],
            charge_status=wire["charge_status"],
            why=wire.get("why", ""),
            operator=wire.get("operator", ""),
            credential_id=wire.get("credential_id"),
            tap_ids=tuple(wire.get("tap_ids", ())),
        )


@dataclass(frozen=True, slots=True)
class UploadedTap:
    """One tap as a gate uploads it; `direction` is "entry" or "exit". The gate makes `tap_id`
    and keeps it, so the same tap may be sent as often as need be."""

    tap_id: str
    credential: str
    gate_id: str
    station: str
    direction: str
    tapped_at: datetime

    def to_wire(self) -> dict[str, str]:
        return {
            "tap_id": self.tap_id,
            "credential": self.credential,
            "gate_id": self.gate_id,
            "station": self.station,
            "direction": self.direction,
            "tapped_at": rfc3339(self.tapped_at),
        }


@dataclass(frozen=True, slots=True)
class RejectedTap:
    """A tap that the bank does not take, and why: a code of the registry and a sentence."""

    tap_id: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class TapsTaken:
    """What became of a batch: every tap is counted in one of the three."""

    accepted: int
    duplicates: int
    rejected: tuple[RejectedTap, ...]

    @classmethod
    def from_wire(cls, wire: Wire) -> "TapsTaken":
        return cls(
            accepted=wire["accepted"],
            duplicates=wire["duplicates"],
            rejected=tuple(
                RejectedTap(row["tap_id"], row["code"], row.get("detail", ""))
                for row in wire["rejected"]
            ),
        )


@dataclass(frozen=True, slots=True)
class DenyListChanges:
    """Ids of credentials that came onto the list and left it, up to `version`."""

    version: int
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @classmethod
    def from_wire(cls, wire: Wire) -> "DenyListChanges":
        return cls(wire["version"], tuple(wire["added"]), tuple(wire["removed"]))


@dataclass(frozen=True, slots=True)
class FareVersion:
    """A fare table under its name. `status` is "scheduled", "in_force" or "superseded"; `table`
    is the whole answer, with every field of docs/flows/fares.md."""

    version: str
    status: str
    first_day: date
    table: Mapping[str, Any]

    @classmethod
    def from_wire(cls, wire: Wire) -> "FareVersion":
        first_day = date.fromisoformat(wire["first_day"])
        return cls(wire["version"], wire["status"], first_day, dict(wire))
