"""A fare table: one version of what an operator asks for (API.md, "Transit"). Fares are fen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from cbdc.clock import CHINA_STANDARD_TIME
from cbdc.money import format_yuan

WHOLE = 100  # percent


class Method(StrEnum):
    """How the fare between two stations is found."""

    FLAT = "flat"
    ZONAL = "zonal"
    MATRIX = "matrix"


class UnknownStation(LookupError):  # noqa: N818 - a state of the table, not a fault
    """The table does not have the station: it opened later, or the gate is set up wrongly."""


@dataclass(frozen=True, slots=True)
class Station:
    code: str
    name: str
    zone: int


@dataclass(frozen=True, slots=True)
class Peak:
    """From `starts_min` until before `ends_min`, minutes of the day in China Standard Time, on
    `days` (Monday is 1), a fare is `percent` of itself: above 100 peak, below it off-peak."""

    starts_min: int
    ends_min: int
    days: frozenset[int]
    percent: int

    def covers(self, minute: int, weekday: int) -> bool:
        """A window that ends before it starts goes on after midnight."""
        if weekday not in self.days:
            return False
        if self.starts_min < self.ends_min:
            return self.starts_min <= minute < self.ends_min
        return minute >= self.starts_min or minute < self.ends_min


@dataclass(frozen=True, slots=True)
class FareTable:
    """`zones[n - 1]` is the fare of n zones, the last one that of all above; `matrix` has both
    directions of each pair, and a station to itself where the operator gave it."""

    effective_from: datetime
    day_starts_at: time
    stations: Mapping[str, Station]
    method: Method
    flat: int
    zones: tuple[int, ...]
    matrix: Mapping[tuple[str, str], int]
    peaks: tuple[Peak, ...]
    concessions: Mapping[str, int]
    transfer_window: timedelta
    daily_cap: int
    weekly_cap: int
    maximum_fare: int
    incomplete_after: timedelta

    def base_fare(self, origin: str, destination: str) -> tuple[int, str]:
        """The fare between two stations before every percentage, and how it came about.

        A flat fare needs no table of stations. A matrix that does not say what a station to
        itself costs has its lowest fare from there.

        Raises:
            UnknownStation
        """
        if self.method is Method.FLAT:
            return self.flat, "flat"
        for code in (origin, destination):
            if code not in self.stations:
                raise UnknownStation(code)
        if self.method is Method.ZONAL:
            travelled = abs(self.stations[origin].zone - self.stations[destination].zone) + 1
            fare = self.zones[min(travelled, len(self.zones)) - 1]
            return fare, f"{travelled} zone{'s' if travelled > 1 else ''}"
        fare_or_none = self.matrix.get((origin, destination))
        if fare_or_none is None:  # only a station to itself can be missing
            others = [fare for (start, _), fare in self.matrix.items() if start == origin]
            fare_or_none = min(others, default=self.maximum_fare)
        return fare_or_none, f"{origin} to {destination}"

    def peak_percent(self, moment: datetime, day: date) -> int:
        """What a journey that begins then costs, in percent; the first window that covers it
        counts. The weekday is the transit day's, so that Friday's night is not Saturday."""
        if not self.peaks:
            return WHOLE
        local = moment.astimezone(CHINA_STANDARD_TIME)
        minute, weekday = local.hour * 60 + local.minute, day.isoweekday()
        return next((p.percent for p in self.peaks if p.covers(minute, weekday)), WHOLE)

    def class_percent(self, rider_class: str) -> int:
        """What a rider of that class pays, in percent; a class that is not named pays all."""
        return self.concessions.get(rider_class, WHOLE)


def share_of(fare: int, *percents: int) -> int:
    """Each percentage of the fare, rounded once, half up to a fen: 50 % of 0.05 is 0.03."""
    whole = 1
    for percent in percents:
        fare, whole = fare * percent, whole * WHOLE
    return (2 * fare + whole) // (2 * whole)


def yuan(fare: int) -> str:
    """As pages and reasons show it: `yuan(300) == "3.00"`."""
    return format_yuan(fare)
