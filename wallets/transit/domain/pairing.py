"""From one rider's taps to legs: each tap is one end of one leg, or a repetition.

A tap pairs with the tap before it and with no other, so what is paired depends on its
neighbours alone, and a late tap changes nothing far away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from wallets.transit.domain.days import Tariff
from wallets.transit.domain.taps import Direction, Tap

REPEATED = timedelta(minutes=2)  # a card held to the same gate twice
PASS_BACK = timedelta(minutes=15)  # in again at one station: handed back over the gate


class Pairing(StrEnum):
    """How a leg ended, or why it has one end only."""

    COMPLETE = "complete"
    OPEN = "open"  # the rider may still be travelling
    NO_EXIT = "no_exit"
    NO_ENTRY = "no_entry"
    PASSED_BACK = "passed_back"


@dataclass(frozen=True, slots=True)
class Leg:
    """From one gate to another. It belongs to the transit day on which it began."""

    day: date
    pairing: Pairing
    entry: Tap | None
    exit: Tap | None

    @property
    def first(self) -> Tap:
        """The entry, or the exit of a leg without one."""
        tap = self.entry or self.exit
        assert tap is not None  # noqa: S101 - a leg is made of a tap
        return tap


@dataclass(frozen=True, slots=True)
class Paired:
    """Every tap is in one leg, or in `repeated`."""

    legs: tuple[Leg, ...]
    repeated: tuple[Tap, ...]


def pair(taps: Sequence[Tap], *, tariff: Tariff, as_of: datetime) -> Paired:
    """The legs of one rider's taps, which are in order. An entry is open while its exit may
    still come: for `incomplete_after` of its day's table, by the clock `as_of`.

    Raises:
        NoFareTable: a tap of a day without one.
    """
    legs: list[Leg] = []
    repeated: list[Tap] = []
    entry: Tap | None = None  # that has no exit yet
    before: Tap | None = None  # the last tap that counted
    for tap in taps:
        if before is not None and _repeats(before, tap):
            repeated.append(tap)
            continue
        before = tap
        if tap.direction is Direction.ENTRY:
            if entry is not None:
                legs.append(_left_open(entry, tap, tariff))
            entry = tap
            continue
        if entry is not None and tap.tapped_at - entry.tapped_at <= _patience(entry, tariff):
            legs.append(_leg(Pairing.COMPLETE, tariff, entry=entry, exit=tap))
        else:
            if entry is not None:
                legs.append(_leg(Pairing.NO_EXIT, tariff, entry=entry))
            legs.append(_leg(Pairing.NO_ENTRY, tariff, exit=tap))
        entry = None
    if entry is not None:
        travelling = as_of <= entry.tapped_at + _patience(entry, tariff)
        legs.append(_leg(Pairing.OPEN if travelling else Pairing.NO_EXIT, tariff, entry=entry))
    return Paired(tuple(legs), tuple(repeated))


def _repeats(before: Tap, tap: Tap) -> bool:
    """The same gate again, at once. Another gate of the station is another person."""
    return (
        (before.direction, before.station, before.gate_id)
        == (tap.direction, tap.station, tap.gate_id)
    ) and tap.tapped_at - before.tapped_at <= REPEATED


def _left_open(entry: Tap, again: Tap, tariff: Tariff) -> Leg:
    passed = again.station == entry.station and again.tapped_at - entry.tapped_at <= PASS_BACK
    return _leg(Pairing.PASSED_BACK if passed else Pairing.NO_EXIT, tariff, entry=entry)


def _patience(entry: Tap, tariff: Tariff) -> timedelta:
    return tariff.table_of(tariff.day_of(entry.tapped_at)).incomplete_after


def _leg(
    pairing: Pairing, tariff: Tariff, *, entry: Tap | None = None, exit: Tap | None = None
) -> Leg:
    first = entry or exit
    assert first is not None  # noqa: S101 - the callers give one
    return Leg(tariff.day_of(first.tapped_at), pairing, entry, exit)
