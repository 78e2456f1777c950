"""The parser of fare tables: what it takes, and each fault by the name of its field."""

import copy
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from cbdc.errors import Problem
from tests.transit import page
from wallets.transit.domain.parsing import parse_fare_table
from wallets.transit.domain.table import Method, share_of

BODIES = page.fare_tables()


def changed(fares: str = "zonal", **fields: Any) -> dict[str, Any]:
    return {**copy.deepcopy(BODIES[fares]), **fields}


def without(name: str, fares: str = "zonal") -> dict[str, Any]:
    return {key: value for key, value in BODIES[fares].items() if key != name}


def faults(body: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Problem) as caught:
        parse_fare_table(body)
    return [(error.field, error.code) for error in caught.value.errors]


def test_every_value_of_a_table() -> None:
    table = parse_fare_table(BODIES["zonal"])
    assert table.effective_from == datetime(2026, 10, 31, 20, 30, tzinfo=UTC)
    assert (table.day_starts_at, table.method) == (time(4, 30), Method.ZONAL)
    assert table.stations["E"].name == "Airport"
    assert table.zones == (300, 400, 500, 700)
    assert table.peaks[0].days == frozenset({1, 2, 3, 4, 5})
    assert table.concessions == {"student": 50, "child": 33, "senior": 0}
    assert (table.transfer_window, table.incomplete_after) == (
        timedelta(minutes=30),
        timedelta(hours=4),
    )
    assert (table.daily_cap, table.weekly_cap, table.maximum_fare) == (2000, 6000, 1000)


def test_effective_from_may_be_a_moment() -> None:
    table = parse_fare_table(changed(effective_from="2026-11-01T10:00:00+08:00"))
    assert table.effective_from == datetime(2026, 11, 1, 2, tzinfo=UTC)


def test_days_may_be_numbers_of_iso_8601() -> None:
    window = {"from": "22:00", "to": "24:00", "days": [6, 7], "percent": 80}
    [peak] = parse_fare_table(changed(peak=[window])).peaks
    assert (peak.days, peak.starts_min, peak.ends_min) == (frozenset({6, 7}), 1320, 1440)


def test_what_may_be_left_out() -> None:
    body = changed()
    for name in ("day_starts_at", "peak", "concessions"):
        del body[name]
    table = parse_fare_table(body)
    assert (table.day_starts_at, table.peaks, table.concessions) == (time(4, 30), (), {})


@pytest.mark.parametrize(
    "name",
    [
        "effective_from", "stations", "method", "transfer_window_min", "daily_cap", "weekly_cap",
        "maximum_fare", "incomplete_after_h",
    ],
)  # fmt: skip
def test_missing_field(name: str) -> None:
    assert faults(without(name)) == [(name, "required")]


@pytest.mark.parametrize(
    ("fares", "field"), [("zonal", "zones"), ("flat", "flat"), ("matrix", "matrix")]
)
def test_a_table_has_the_fares_of_its_method_and_no_other(fares: str, field: str) -> None:
    assert faults(without(field, fares)) == [(field, "required")]
    others = {"flat": 200, "zones": {"1": 300}, "matrix": {"X": {"Y": 300}}}
    del others[field]
    for name, value in others.items():
        assert (name, "conflict") in faults(changed(fares, **{name: value}))


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("effective_from", "2026-02-30", ("effective_from", "invalid")),
        ("effective_from", "2026-11-01T00:00:00", ("effective_from", "invalid")),
        ("effective_from", 20261101, ("effective_from", "invalid_type")),
        ("day_starts_at", "4:30", ("day_starts_at", "invalid")),
        ("day_starts_at", "24:00", ("day_starts_at", "invalid")),
        ("day_starts_at", "04:30:00", ("day_starts_at", "invalid")),
        ("day_starts_at", None, ("day_starts_at", "null")),
        ("stations", [], ("stations", "invalid_length")),
        ("method", "distance", ("method", "invalid_choice")),
        ("zones", {"1": 300, "3": 400}, ("zones.2", "required")),
        ("zones", {"01": 300}, ("zones.01", "invalid_name")),
        ("zones", {"1": 300.0}, ("zones.1", "invalid_amount")),
        ("zones", {"1": 1001}, ("zones.1", "out_of_range")),
        ("zones", [300], ("zones", "invalid_type")),
        ("concessions", {"student": 101}, ("concessions.student", "out_of_range")),
        ("concessions", {"student": "50"}, ("concessions.student", "invalid_type")),
        ("concessions", {"Student": 50}, ("concessions.Student", "invalid_name")),
        ("transfer_window_min", -1, ("transfer_window_min", "out_of_range")),
        ("daily_cap", 0, ("daily_cap", "invalid_amount")),
        ("weekly_cap", True, ("weekly_cap", "invalid_amount")),
        ("maximum_fare", "1000", ("maximum_fare", "invalid_amount")),
        ("incomplete_after_h", 25, ("incomplete_after_h", "out_of_range")),
        ("surprise", 1, ("surprise", "unknown_field")),
    ],
)
def test_faulty_field(field: str, value: Any, fault: tuple[str, str]) -> None:
    assert faults(changed(**{field: value})) == [fault]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"to": "07:00"}, ("peak[0].to", "invalid")),
        ({"from": "24:00"}, ("peak[0].from", "invalid")),
        ({"days": []}, ("peak[0].days", "invalid_length")),
        ({"days": ["mon", "Tue"]}, ("peak[0].days[1]", "invalid_choice")),
        ({"days": [0]}, ("peak[0].days[0]", "invalid_choice")),
        ({"days": [True]}, ("peak[0].days[0]", "invalid_choice")),
        ({"percent": 1001}, ("peak[0].percent", "out_of_range")),
        ({"surcharge": 5}, ("peak[0].surcharge", "unknown_field")),
    ],
)
def test_faulty_peak(change: dict[str, Any], fault: tuple[str, str]) -> None:
    window = {**BODIES["zonal"]["peak"][0], **change}
    assert faults(changed(peak=[window])) == [fault]


def test_faulty_stations() -> None:
    stations = [
        {"code": "A", "name": "Harbour", "zone": 1},
        {"code": "A", "name": "Market", "zone": 1},
    ]
    assert faults(changed(stations=stations)) == [("stations[1].code", "duplicate")]
    stations[1] = {"code": "B B", "name": "Market", "zone": "1"}
    assert faults(changed(stations=stations)) == [
        ("stations[1].code", "invalid"),
        ("stations[1].zone", "invalid_type"),
    ]


def test_a_matrix_has_a_fare_for_each_pair_of_its_stations() -> None:
    assert faults(changed("matrix", matrix={"X": {"Y": 300}, "Z": {"Q": 1, "X": 450}})) == [
        ("matrix.Z.Q", "unknown_station"),
        ("matrix.Y.Z", "required"),
    ]
    body = changed("matrix", matrix={"X": {"Y": 900, "Z": 500}, "Y": {"Z": 400}})
    assert faults(body) == [("matrix.X.Y", "out_of_range")]


def test_all_faults_are_told_at_once() -> None:
    assert faults(changed(daily_cap=0, weekly_cap=-1)) == [
        ("daily_cap", "invalid_amount"),
        ("weekly_cap", "invalid_amount"),
    ]


@pytest.mark.parametrize(
    ("fare", "percents", "share"),
    [(5, (50,), 3), (5, (49,), 2), (500, (150, 33), 248), (1, (50, 99), 0), (400, (), 400)],
)
def test_share_rounds_half_up_once(fare: int, percents: tuple[int, ...], share: int) -> None:
    assert share_of(fare, *percents) == share


def test_the_engine_needs_no_django() -> None:
    code = "import sys, wallets.transit.domain.rating, wallets.transit.domain.parsing as p; "
    code += "sys.exit(any(name.partition('.')[0] == 'django' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
