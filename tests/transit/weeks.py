"""Random fare tables, and random weeks of riders who do whatever one can do at a gate."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from cbdc.clock import CHINA_STANDARD_TIME
from wallets.transit.domain.days import Tariff
from wallets.transit.domain.parsing import parse_fare_table
from wallets.transit.domain.taps import Direction, Tap

STATIONS = {"A": 1, "B": 1, "C": 2, "D": 4}
BEGIN = datetime(2026, 11, 30, 4, 0, tzinfo=CHINA_STANDARD_TIME)
END = BEGIN + timedelta(days=60)  # every entry is over by then
# Minutes between a rider's taps: around every limit that a rule has, and longer.
PAUSES = (0, 1, 2, 3, 10, 15, 16, 20, 21, 29, 30, 31, 60, 239, 240, 241, 600, 1440)

fares = st.integers(1, 1000)
percents = st.sampled_from([0, 1, 33, 50, 99, 101, 150, 250])


@st.composite
def bodies(draw: st.DrawFn, *, window: int | None = None) -> dict[str, Any]:
    """A fare table as the wire has it."""
    maximum = draw(st.integers(1000, 2000))
    method = draw(st.sampled_from(["flat", "zonal", "matrix"]))
    pairs = {a: {b: draw(fares) for b in STATIONS if a < b} for a in STATIONS}
    by_method: Mapping[str, Mapping[str, Any]] = {
        "flat": {"flat": draw(fares)},
        "zonal": {"zones": {str(n): draw(fares) for n in range(1, draw(st.integers(2, 5)))}},
        "matrix": {"matrix": pairs},
    }
    peak = {"from": "07:00", "to": "10:00", "days": [1, 2, 3, 4, 5], "percent": draw(percents)}
    return {
        "effective_from": "2026-11-01",
        "stations": [{"code": code, "name": code, "zone": zone} for code, zone in STATIONS.items()],
        "method": method,
        **by_method[method],
        "peak": [peak],
        "concessions": {"student": draw(st.integers(0, 100))},
        "transfer_window_min": draw(st.sampled_from([0, 1, 30, 60])) if window is None else window,
        "daily_cap": draw(st.integers(500, 3000)),
        "weekly_cap": draw(st.integers(500, 9000)),
        "maximum_fare": maximum,
        "incomplete_after_h": draw(st.sampled_from([1, 4, 24])),
    }


def tariff_of(body: Mapping[str, Any]) -> Tariff:
    return Tariff.of([parse_fare_table(body)])


tariffs = bodies().map(tariff_of)


@st.composite
def taps(draw: st.DrawFn, *, riders: int = 1, size: int = 14) -> list[Tap]:
    """Up to `size` taps of each rider, one after the other."""
    made: list[Tap] = []
    for rider in range(riders):
        moment = BEGIN
        # An exit that follows an entry is what happens most; anything else happens too.
        steps = st.tuples(
            st.sampled_from(PAUSES),
            st.sampled_from(["forth", "forth", "forth", "again"]),
            st.sampled_from([*STATIONS, "N"]),
            st.sampled_from(["1", "2"]),
        )
        direction = Direction.EXIT
        for pause, turn, station, gate in draw(st.lists(steps, max_size=size)):
            if turn == "forth":
                direction = other(direction)
            moment += timedelta(minutes=pause)
            made.append(
                Tap(
                    tap_id=UUID(int=len(made) + 1),
                    rider=f"rider-{rider}",
                    station=station,
                    direction=direction,
                    tapped_at=moment,
                    rider_class="student" if rider else "adult",
                    gate_id=gate,
                )
            )
    return made


def other(direction: Direction) -> Direction:
    return Direction.ENTRY if direction is Direction.EXIT else Direction.EXIT
