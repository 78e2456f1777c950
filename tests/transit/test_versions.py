"""Versions of the fares: which day has which, and days without one."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from cbdc.clock import CHINA_STANDARD_TIME
from cbdc.identifiers import new_id
from tests.transit import page
from wallets.transit.domain.days import NoFareTable, Tariff
from wallets.transit.domain.journeys import Correction
from wallets.transit.domain.parsing import parse_fare_table
from wallets.transit.domain.rating import rate
from wallets.transit.domain.table import FareTable
from wallets.transit.domain.taps import Direction, Tap

FLAT = page.fare_tables()["flat"]


def table(effective_from: str, **fields: Any) -> FareTable:
    return parse_fare_table({**FLAT, "effective_from": effective_from, **fields})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA_STANDARD_TIME)


def flat_of(tariff: Tariff, day: str) -> int:
    return tariff.table_of(date.fromisoformat(day)).flat


def test_a_version_counts_from_the_first_day_that_begins_in_it() -> None:
    tariff = Tariff.of([table("2026-11-01"), table("2026-12-01T04:30:00+08:00", flat=300)])
    assert [flat_of(tariff, "2026-11-30"), flat_of(tariff, "2026-12-01")] == [200, 300]
    tariff = Tariff.of([table("2026-12-01T04:30:01+08:00", flat=300), table("2026-11-01")])
    assert [flat_of(tariff, "2026-12-01"), flat_of(tariff, "2026-12-02")] == [200, 300]


def test_of_two_versions_with_one_first_day_the_later_counts() -> None:
    versions = [
        table("2026-12-01T12:00:00+08:00", flat=300),
        table("2026-12-01T11:00:00+08:00", flat=250),
    ]
    assert flat_of(Tariff.of(versions), "2026-12-02") == 300


def test_days_follow_each_other_where_their_start_moves() -> None:
    tariff = Tariff.of([table("2026-11-01"), table("2026-12-01", day_starts_at="03:00")])
    assert tariff.day_of(at("2026-11-30T04:29:00")) == date(2026, 11, 29)
    assert tariff.day_of(at("2026-12-01T02:59:00")) == date(2026, 11, 30)
    assert tariff.day_of(at("2026-12-01T03:00:00")) == date(2026, 12, 1)


def test_a_journey_has_the_fares_of_the_day_on_which_it_began() -> None:
    tariff = Tariff.of([table("2026-11-01"), table("2026-12-01", flat=300)])
    ride = [
        Tap(new_id(), "r", "A", Direction.ENTRY, at("2026-12-01T04:29:00")),
        Tap(new_id(), "r", "B", Direction.EXIT, at("2026-12-01T04:45:00")),
    ]
    [journey] = rate(ride, tariff=tariff, as_of=at("2026-12-03T00:00:00"))
    assert (journey.day, journey.charged) == (date(2026, 11, 30), 200)


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00", "2026-11-01T04:29:59"])
def test_before_the_first_version_there_are_no_fares(moment: str) -> None:
    tariff = Tariff.of([table("2026-11-01")])
    with pytest.raises(NoFareTable):
        tariff.day_of(at(moment))
    tap = Tap(new_id(), "r", "A", Direction.ENTRY, at(moment))
    with pytest.raises(NoFareTable):
        rate([tap], tariff=tariff, as_of=at(moment) + timedelta(days=9))


def test_one_id_with_two_contents_is_no_tap() -> None:
    tariff = Tariff.of([table("2026-11-01")])
    tap = Tap(new_id(), "r", "A", Direction.ENTRY, at("2026-12-01T10:00:00"))
    other = Tap(tap.tap_id, "r", "B", Direction.ENTRY, tap.tapped_at)
    with pytest.raises(ValueError, match="two contents"):
        rate([tap, other], tariff=tariff, as_of=tap.tapped_at)


def test_a_tap_is_put_right_once() -> None:
    correction = Correction(new_id(), "A")
    with pytest.raises(ValueError, match="two corrections"):
        rate([], tariff=Tariff(()), as_of=at("2026-12-01T10:00:00"), corrections=[correction] * 2)
