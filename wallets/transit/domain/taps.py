"""Taps: what a gate saw. They come late, out of order and more than once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

DEFAULT_CLASS = "adult"


class Direction(StrEnum):
    ENTRY = "entry"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Tap:
    """`rider` is who pays, by a name that means nothing else: the credential's id."""

    tap_id: UUID
    rider: str
    station: str
    direction: Direction
    tapped_at: datetime
    rider_class: str = DEFAULT_CLASS
    gate_id: str = ""

    @property
    def order(self) -> tuple[datetime, bool, str, str, UUID]:
        """Of two taps in one moment the exit comes first: one changes lines out and in."""
        entering = self.direction is Direction.ENTRY
        return self.tapped_at, entering, self.station, self.gate_id, self.tap_id


def by_rider(taps: Iterable[Tap]) -> dict[str, list[Tap]]:
    """Each rider's taps, each once, in the order in which they happened.

    Raises:
        ValueError: one id with two contents; who keeps taps has refused the second.
    """
    kept: dict[UUID, Tap] = {}
    for tap in taps:
        if kept.setdefault(tap.tap_id, tap) != tap:
            raise ValueError(f"tap {tap.tap_id} has two contents")
    riders: defaultdict[str, list[Tap]] = defaultdict(list)
    for tap in kept.values():
        riders[tap.rider].append(tap)
    return {rider: sorted(riders[rider], key=lambda tap: tap.order) for rider in sorted(riders)}
