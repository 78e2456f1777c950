"""Transit days and weeks, and which version of the fares each day has."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cbdc.clock import CHINA_STANDARD_TIME
from wallets.transit.domain.table import FareTable

ONE_DAY = timedelta(days=1)


class NoFareTable(LookupError):  # noqa: N818 - a state of the tariff, not a fault
    """No version of the fares was in force on that day."""


def day_start(table: FareTable, day: date) -> datetime:
    """When that transit day begins by this table: 04:30 of the same date, as a rule."""
    return datetime.combine(day, table.day_starts_at, CHINA_STANDARD_TIME)


def first_day(table: FareTable) -> date:
    """The first day that begins when the version is in force: a day has one version."""
    day = table.effective_from.astimezone(CHINA_STANDARD_TIME).date()
    return day if day_start(table, day) >= table.effective_from else day + ONE_DAY


def week_of(day: date) -> date:
    """The Monday of its week: weeks are Monday to Sunday of transit days."""
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True)
class Tariff:
    """An operator's versions, each with its first day, oldest first.

    A day runs from its own table's start to the next day's, so days follow each other without
    a gap, also where a new version moves the start.
    """

    versions: tuple[tuple[date, FareTable], ...]

    @classmethod
    def of(cls, tables: Iterable[FareTable]) -> "Tariff":
        """Of two versions with the same first day, the one that takes effect later counts."""
        ordered = sorted(tables, key=lambda table: table.effective_from)
        return cls(tuple(sorted(((first_day(t), t) for t in ordered), key=lambda v: v[0])))

    def table_of(self, day: date) -> FareTable:
        """The version of that day.

        Raises:
            NoFareTable
        """
        for begins, table in reversed(self.versions):
            if begins <= day:
                return table
        raise NoFareTable(day.isoformat())

    def day_of(self, moment: datetime) -> date:
        """The transit day: until 04:29 it is the one that began on the date before.

        Raises:
            NoFareTable
        """
        day = moment.astimezone(CHINA_STANDARD_TIME).date()
        if moment >= day_start(self.table_of(day), day):
            return day
        self.table_of(day - ONE_DAY)
        return day - ONE_DAY
