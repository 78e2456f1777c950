"""The whole engine: taps in, rated journeys out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from wallets.transit.domain.caps import capped
from wallets.transit.domain.days import Tariff
from wallets.transit.domain.journeys import Correction, Journey, Status, journey_of
from wallets.transit.domain.pairing import Leg, Pairing, pair
from wallets.transit.domain.pricing import fare_between
from wallets.transit.domain.steps import Kind, Step
from wallets.transit.domain.table import FareTable
from wallets.transit.domain.taps import Tap, by_rider
from wallets.transit.domain.transfers import journeys_of


def rate(
    taps: Iterable[Tap],
    *,
    tariff: Tariff,
    as_of: datetime,
    corrections: Iterable[Correction] = (),
) -> list[Journey]:
    """Every journey of these taps, by rider and time, with its fare and charge.

    A week's charges depend on the rider's taps of that week and of two days before it, which
    say where its first exits began. Who is still travelling at `as_of` has no journey yet.

    Raises:
        NoFareTable: a tap of a day without one.
        ValueError: one tap id with two contents, two corrections of one tap.
    """
    put_right = _by_tap(corrections)
    journeys: list[Journey] = []
    for riders_taps in by_rider(taps).values():
        legs = pair(riders_taps, tariff=tariff, as_of=as_of).legs
        journeys += capped(_uncapped(legs, tariff, put_right), tariff)
    return journeys


def _uncapped(
    legs: Sequence[Leg], tariff: Tariff, put_right: Mapping[UUID, Correction]
) -> list[Journey]:
    ended = [leg for leg in legs if leg.pairing is not Pairing.OPEN]
    rated: list[Journey] = []
    for group, steps in journeys_of(ended, lambda leg: tariff.table_of(leg.day)):
        first, last = group[0], group[-1]
        if first.pairing is Pairing.COMPLETE:
            assert first.entry is not None and last.exit is not None  # noqa: S101, PT018
            ends = {"origin": first.entry.station, "destination": last.exit.station}
            rated.append(journey_of(group, steps, Status.COMPLETE, **ends))
        else:
            correction = put_right.get(first.first.tap_id)
            rated.append(_of_one_tap(first, steps, correction, tariff.table_of(first.day)))
    return rated


def _of_one_tap(
    leg: Leg, steps: tuple[Step, ...], correction: Correction | None, table: FareTable
) -> Journey:
    """A journey with one end: at the maximum fare, or as it was put right."""
    station = correction.station if correction is not None else None
    if correction is not None:
        steps = _corrected(leg, station, table)
    return journey_of(
        (leg,),
        steps,
        Status.INCOMPLETE if correction is None else Status.CORRECTED,
        origin=leg.entry.station if leg.entry is not None else station,
        destination=leg.exit.station if leg.exit is not None else station,
    )


def _corrected(leg: Leg, station: str | None, table: FareTable) -> tuple[Step, ...]:
    """By the time of the one tap that there is."""
    known = leg.first
    if station is None:
        return (Step(Kind.CORRECTION, 0, "waived"),)
    ends = (known.station, station) if leg.entry is not None else (station, known.station)
    return fare_between(*ends, known, leg, table)


def _by_tap(corrections: Iterable[Correction]) -> dict[UUID, Correction]:
    by_tap: dict[UUID, Correction] = {}
    for correction in corrections:
        if correction.tap_id in by_tap:
            raise ValueError(f"tap {correction.tap_id} has two corrections")
        by_tap[correction.tap_id] = correction
    return by_tap
