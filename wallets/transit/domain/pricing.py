"""The fare of one leg by itself, and of several taken as one."""

from datetime import timedelta

from wallets.transit.domain.pairing import Leg, Pairing
from wallets.transit.domain.steps import Kind, Step, total
from wallets.transit.domain.table import WHOLE, FareTable, UnknownStation, share_of
from wallets.transit.domain.taps import Tap

SAME_STATION_FREE = timedelta(minutes=20)

_UNPAIRED = {
    Pairing.NO_EXIT: "no exit, maximum fare",
    Pairing.NO_ENTRY: "no entry, maximum fare",
    Pairing.PASSED_BACK: "entered again without an exit, maximum fare",
}


def price(leg: Leg, table: FareTable) -> tuple[Step, ...]:
    """A leg's fare by itself; the maximum fare, without any percentage, when it has one end."""
    if leg.entry is None or leg.exit is None:
        return (Step(Kind.MAXIMUM, table.maximum_fare, _UNPAIRED[leg.pairing]),)
    stayed = leg.exit.tapped_at - leg.entry.tapped_at
    if leg.entry.station == leg.exit.station and stayed <= SAME_STATION_FREE:
        return (Step(Kind.FARE, 0, "out where it went in, at once"),)
    return fare_between(leg.entry.station, leg.exit.station, leg.entry, leg, table)


def fare_between(
    origin: str, destination: str, began: Tap, leg: Leg, table: FareTable
) -> tuple[Step, ...]:
    """Base fare, then the percentage of the time at which it began, then of the rider's class,
    rounded once, and never above the maximum fare."""
    try:
        base, how = table.base_fare(origin, destination)
    except UnknownStation as unknown:
        reason = f"station {unknown.args[0]} has no fare, maximum fare"
        return (Step(Kind.MAXIMUM, table.maximum_fare, reason),)
    peak = table.peak_percent(began.tapped_at, leg.day)
    reduced = table.class_percent(began.rider_class)
    steps = [Step(Kind.FARE, base, how)]
    if peak != WHOLE:
        name = "peak" if peak > WHOLE else "off-peak"
        steps.append(Step(Kind.PEAK, share_of(base, peak) - base, f"{name} {peak} %"))
    if reduced != WHOLE:
        less = share_of(base, peak, reduced) - total(steps)
        steps.append(Step(Kind.CONCESSION, less, f"{began.rider_class} {reduced} %"))
    above = total(steps) - table.maximum_fare
    if above > 0:
        steps.append(Step(Kind.MAXIMUM, -above, "at most the maximum fare"))
    return tuple(steps)
