"""What holds for every fare table and every week: order, caps, best fare, late taps."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.scale import scaled
from tests.transit.weeks import BEGIN, END, STATIONS, bodies, taps, tariff_of, tariffs
from wallets.transit.domain.days import Tariff, day_start, week_of
from wallets.transit.domain.journeys import Correction, Journey, Status
from wallets.transit.domain.pairing import Leg, Pairing, pair
from wallets.transit.domain.pricing import fare_between, price
from wallets.transit.domain.rating import rate
from wallets.transit.domain.steps import total
from wallets.transit.domain.table import FareTable
from wallets.transit.domain.taps import Direction, Tap

pytestmark = pytest.mark.soak

EXAMPLES = settings(max_examples=scaled(ci=200, soak=10_000), deadline=None)
LATER = UUID(int=1 << 100)
stations = st.sampled_from(sorted(STATIONS))


def rated(some: list[Tap], tariff: Tariff, **options: Any) -> list[Journey]:
    return rate(some, tariff=tariff, as_of=END, **options)


def charged(journeys: list[Journey]) -> int:
    return sum(journey.charged for journey in journeys)


@EXAMPLES
@given(tariffs, taps(riders=2), st.randoms(use_true_random=False))
def test_order_and_repetition_of_arrival_change_nothing(
    tariff: Tariff, some: list[Tap], random: Random
) -> None:
    arrived = some + [tap for tap in some if random.random() < 0.3]
    random.shuffle(arrived)
    assert rated(arrived, tariff) == rated(some, tariff)


@EXAMPLES
@given(tariffs, taps(riders=2))
def test_riders_do_not_touch_each_other(tariff: Tariff, some: list[Tap]) -> None:
    alone = [rated([t for t in some if t.rider == f"rider-{n}"], tariff) for n in range(2)]
    assert rated(some, tariff) == alone[0] + alone[1]


@EXAMPLES
@given(tariffs, taps())
def test_every_tap_is_in_one_journey_or_was_read_twice(tariff: Tariff, some: list[Tap]) -> None:
    in_order = sorted(some, key=lambda tap: tap.order)
    repeated = pair(in_order, tariff=tariff, as_of=END).repeated
    seen = Counter(tap_id for journey in rated(some, tariff) for tap_id in journey.tap_ids)
    seen.update(tap.tap_id for tap in repeated)
    assert seen == Counter(tap.tap_id for tap in some)


@EXAMPLES
@given(tariffs, taps(size=25))
def test_no_cap_is_passed_and_none_is_applied_early(tariff: Tariff, some: list[Tap]) -> None:
    table = tariff.versions[0][1]
    days: defaultdict[date, list[Journey]] = defaultdict(list)
    weeks: defaultdict[date, int] = defaultdict(int)
    for journey in rated(some, tariff):
        assert 0 <= journey.charged <= journey.fare <= table.maximum_fare
        assert journey.charged == total(journey.steps) == journey.fare - journey.discount
        days[journey.day].append(journey)
    for day in sorted(days):
        fares = sum(journey.fare for journey in days[day])
        left = table.weekly_cap - weeks[week_of(day)]
        assert charged(days[day]) == min(fares, table.daily_cap, left)
        weeks[week_of(day)] += charged(days[day])
    assert all(paid <= table.weekly_cap for paid in weeks.values())


@EXAMPLES
@given(
    tariffs,
    taps(),
    st.sampled_from([3, 20, 30, 31, 300]),
    stations,
    stations,
)
def test_a_later_journey_lowers_nothing(
    tariff: Tariff, some: list[Tap], pause: int, origin: str, destination: str
) -> None:
    last = max((tap.tapped_at for tap in some), default=BEGIN)
    entry = Tap(
        LATER, "rider-0", origin, Direction.ENTRY, last + timedelta(minutes=pause), gate_id="9"
    )
    leaving = replace(
        entry,
        tap_id=UUID(int=LATER.int + 1),
        station=destination,
        direction=Direction.EXIT,
        tapped_at=entry.tapped_at + timedelta(minutes=25),
    )
    assert charged(rated([*some, entry, leaving], tariff)) >= charged(rated(some, tariff))


@EXAMPLES
@given(tariffs, taps(), st.integers(1, 240), stations, st.data())
def test_the_missing_exit_raises_neither_the_day_nor_the_week(
    tariff: Tariff, some: list[Tap], after: int, station: str, data: st.DataObject
) -> None:
    in_order = sorted(some, key=lambda tap: tap.order)
    alone = [
        leg.entry
        for leg in pair(in_order, tariff=tariff, as_of=END).legs
        if leg.pairing in (Pairing.NO_EXIT, Pairing.PASSED_BACK) and leg.entry is not None
    ]
    assume(alone)
    entry = data.draw(st.sampled_from(alone))
    came = entry.tapped_at + timedelta(minutes=after)
    following = in_order[in_order.index(entry) + 1 :]
    assume(after <= tariff.versions[0][1].incomplete_after / timedelta(minutes=1))
    assume(not following or came < following[0].tapped_at)
    late = replace(
        entry, tap_id=LATER, station=station, direction=Direction.EXIT, tapped_at=came, gate_id="9"
    )
    before, now = rated(some, tariff), rated([*some, late], tariff)
    day = tariff.day_of(entry.tapped_at)
    assert charged([j for j in now if j.day == day]) <= charged([j for j in before if j.day == day])
    for week in {week_of(journey.day) for journey in before}:
        assert charged([j for j in now if week_of(j.day) == week]) <= charged(
            [j for j in before if week_of(j.day) == week]
        )


@EXAMPLES
@given(tariffs, taps(), st.sampled_from([*sorted(STATIONS), None]), st.data())
def test_a_correction_raises_no_week(
    tariff: Tariff, some: list[Tap], station: str | None, data: st.DataObject
) -> None:
    before = rated(some, tariff)
    alone = [j.tap_ids[0] for j in before if j.status is Status.INCOMPLETE]
    assume(alone)
    tap_id = data.draw(st.sampled_from(alone))
    now = rated(some, tariff, corrections=[Correction(tap_id, station)])
    assert [j.journey_id for j in now] == [j.journey_id for j in before]
    assert charged(now) <= charged(before)


@EXAMPLES
@given(tariffs, taps(), st.data())
def test_a_correction_of_a_paired_tap_counts_for_nothing(
    tariff: Tariff, some: list[Tap], data: st.DataObject
) -> None:
    before = rated(some, tariff)
    paired = [tap_id for j in before if j.status is Status.COMPLETE for tap_id in j.tap_ids]
    assume(paired)
    correction = Correction(data.draw(st.sampled_from(paired)), None)
    assert rated(some, tariff, corrections=[correction]) == before


@EXAMPLES
@given(bodies(window=0), st.sampled_from([1, 30, 60]), taps())
def test_best_fare_transfers_never_cost_more_than_journeys_apart(
    body: dict[str, Any], window: int, some: list[Tap]
) -> None:
    apart = rated(some, tariff_of(body))
    together = rated(some, tariff_of({**body, "transfer_window_min": window}))
    fares_apart, fares_together = (sum(j.fare for j in js) for js in (apart, together))
    assert fares_together <= fares_apart
    assert charged(together) <= charged(apart)


def splits(legs: Sequence[Leg]) -> Iterator[list[Sequence[Leg]]]:
    """Every way to cut a row of legs into journeys."""
    if not legs:
        yield []
    for cut in range(1, len(legs) + 1):
        yield from ([legs[:cut], *rest] for rest in splits(legs[cut:]))


def fare_by_the_page(legs: Sequence[Leg], table: FareTable) -> int:
    """The formula of docs/flows/fares.md, "Transfers", written once more."""
    if len(legs) == 1:
        return total(price(legs[0], table))
    before, last = fare_by_the_page(legs[:-1], table), total(price(legs[-1], table))
    first = legs[0]
    assert first.entry is not None
    assert legs[-1].exit is not None
    ends = (first.entry.station, legs[-1].exit.station)
    through = total(fare_between(*ends, first.entry, first, table))
    return min(before + last, max(before, last, through))


@EXAMPLES
@given(bodies(window=30), st.lists(st.tuples(stations, stations, st.booleans()), max_size=6))
def test_best_fare_is_the_cheapest_of_all_splits(
    body: dict[str, Any], ways: list[tuple[str, str, bool]]
) -> None:
    tariff = tariff_of(body)
    some: list[Tap] = []
    moment = BEGIN + timedelta(hours=2, minutes=30)
    for origin, destination, waits in ways:
        for station, direction in ((origin, Direction.ENTRY), (destination, Direction.EXIT)):
            moment += timedelta(minutes=25 if waits else 1)
            some.append(Tap(UUID(int=len(some)), "r", station, direction, moment))
    legs = pair(some, tariff=tariff, as_of=END).legs
    table = tariff.versions[0][1]
    best = min(sum(fare_by_the_page(part, table) for part in split) for split in splits(legs))
    assert sum(journey.fare for journey in rated(some, tariff)) == best


@EXAMPLES
@given(tariffs, taps(size=40))
def test_a_week_needs_the_taps_from_two_days_before_it(tariff: Tariff, some: list[Tap]) -> None:
    journeys = rated(some, tariff)
    for week in {week_of(journey.day) for journey in journeys}:
        begin = day_start(tariff.table_of(week), week) - timedelta(days=2)
        enough = [tap for tap in some if begin <= tap.tapped_at]
        assert [j for j in rated(enough, tariff) if week_of(j.day) == week] == [
            j for j in journeys if week_of(j.day) == week
        ]
