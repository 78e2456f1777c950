"""Who is in front of the gate, as far as taps tell: the rules of docs/flows/fares.md.

The fare engine sees every tap of a rider; a gate sees those of its own station, in the order in
which they were kept. It refuses where the engine would find a credential handed back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cbdc.client.gate.place import Direction, Place

REPEATED = timedelta(minutes=2)  # the same gate again: one person, read twice
PASS_BACK = timedelta(minutes=15)  # in again at one station: handed back over the gate


@dataclass(frozen=True, slots=True)
class Seen:
    """A credential's last tap at this station."""

    tap_id: str
    gate_id: str
    direction: Direction
    tapped_at: datetime


class Passing(StrEnum):
    NEW = "new"
    SAME = "same"
    PASSED_BACK = "passed_back"


def passing(last: Seen | None, place: Place, now: datetime) -> Passing:
    """Whether this is a new tap, the last one again, or a second person on one credential."""
    if last is None:
        return Passing.NEW
    age = abs(now - last.tapped_at)  # a clock may have been put back in between
    here = (last.gate_id, last.direction) == (place.gate_id, place.direction)
    if here and age <= REPEATED:
        return Passing.SAME
    entered = last.direction is place.direction is Direction.ENTRY
    return Passing.PASSED_BACK if entered and age <= PASS_BACK else Passing.NEW
