"""How a fare came about: amounts that add up to what is charged, each with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from wallets.transit.domain.table import yuan


class Kind(StrEnum):
    """What a step stands for; those of SAVINGS are shown as money saved."""

    FARE = "fare"
    PEAK = "peak"
    CONCESSION = "concession"
    MAXIMUM = "maximum"
    TRANSFER = "transfer"
    CORRECTION = "correction"
    DAILY_CAP = "daily_cap"
    WEEKLY_CAP = "weekly_cap"


CAPS = frozenset({Kind.DAILY_CAP, Kind.WEEKLY_CAP})
SAVINGS = CAPS | {Kind.TRANSFER}


@dataclass(frozen=True, slots=True)
class Step:
    """`amount` fen more, or less when it is negative."""

    kind: Kind
    amount: int
    reason: str

    @property
    def words(self) -> str:
        """For the rider: "2 zones 4.00", "peak 150 % +2.00", "cap reached, saved 3.00"."""
        if self.kind in SAVINGS:
            return f"{self.reason}, saved {yuan(-self.amount)}"
        sign = "+" if self.kind in (Kind.PEAK, Kind.CONCESSION) and self.amount > 0 else ""
        return f"{self.reason} {sign}{yuan(self.amount)}"


def total(steps: Iterable[Step]) -> int:
    """What the steps add up to, in fen."""
    return sum(step.amount for step in steps)
