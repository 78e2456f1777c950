"""What is known of a journey when it is rated, and what staff and riders put right."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from cbdc.identifiers import derived_id
from wallets.transit.domain.pairing import Leg
from wallets.transit.domain.steps import CAPS, Step, total


class Status(StrEnum):
    """As the wire says it."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody said about a tap that stayed alone: at which station the other end was.

    `station` None waives the fare. A correction counts while its tap is alone: a tap that comes
    late and pairs with it is the better witness.
    """

    tap_id: UUID
    station: str | None


@dataclass(frozen=True, slots=True)
class Journey:
    """`fare` is what the table asks, `charged` what caps leave of it, both fen; `steps` add up
    to `charged`. `origin` or `destination` is None where nobody knows it."""

    journey_id: UUID
    rider: str
    day: date
    started_at: datetime
    origin: str | None
    destination: str | None
    status: Status
    steps: tuple[Step, ...]
    tap_ids: tuple[UUID, ...]

    @property
    def charged(self) -> int:
        return total(self.steps)

    @property
    def discount(self) -> int:
        return -total(step for step in self.steps if step.kind in CAPS)

    @property
    def fare(self) -> int:
        return self.charged + self.discount

    @property
    def why(self) -> str:
        """For the rider: "2 zones 4.00; cap reached, saved 3.00"."""
        return "; ".join(step.words for step in self.steps)


def journey_of(
    legs: Iterable[Leg],
    steps: tuple[Step, ...],
    status: Status,
    *,
    origin: str | None,
    destination: str | None,
) -> Journey:
    """The journey of these legs. Its id is that of its first tap: rated again, it is the same."""
    ordered = tuple(legs)
    first = ordered[0].first
    taps = (tap for leg in ordered for tap in (leg.entry, leg.exit) if tap is not None)
    return Journey(
        journey_id=derived_id(first.tap_id, "journey"),
        rider=first.rider,
        day=ordered[0].day,
        started_at=first.tapped_at,
        origin=origin,
        destination=destination,
        status=status,
        steps=steps,
        tap_ids=tuple(tap.tap_id for tap in taps),
    )
