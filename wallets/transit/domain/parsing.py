"""The strict parser of a fare table: every fault is told, by the name of its field."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from cbdc.api.schema import Amount, Choice, Integer, List, Object, Schema, Text
from cbdc.clock import CHINA_STANDARD_TIME
from cbdc.errors import FieldError
from wallets.transit.domain.fields import ByName, ClockTime, Effective, Weekday, symmetric
from wallets.transit.domain.table import FareTable, Method, Peak, Station

CODE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}"
CLASS = r"[a-z][a-z0-9_-]{0,23}"
STATIONS_MAX = 1_000
ZONE_MAX = 99
PEAKS_MAX = 32
CONCESSIONS_MAX = 32
PEAK_PERCENT_MAX = 1_000
TRANSFER_WINDOW_MAX_MIN = 24 * 60
INCOMPLETE_AFTER_MAX_H = 24  # a journey that is longer would reach over a whole transit day
DAY_STARTS_MIN = 4 * 60 + 30


def _consistent(table: dict[str, Any]) -> Iterator[FieldError]:
    """Faults of fields that are right by themselves."""
    codes = [station["code"] for station in table["stations"]]
    for index, code in enumerate(codes):
        if code in codes[:index]:
            yield FieldError(f"stations[{index}].code", "duplicate", "This code stands twice.")
    for index, peak in enumerate(table["peak"] or ()):
        if peak["from"] == peak["to"]:
            yield FieldError(f"peak[{index}].to", "invalid", "Must differ from its beginning.")
    by_method = {"flat": "flat", "zonal": "zones", "matrix": "matrix"}
    for method, name in by_method.items():
        if method == table["method"] and table[name] is None:
            yield FieldError(name, "required", f"A {method} table needs it.")
        if method != table["method"] and table[name] is not None:
            yield FieldError(name, "conflict", f"A {table['method']} table does not have it.")
    yield from _zones(table["zones"] or {})
    if table["method"] == Method.MATRIX and table["matrix"] is not None:
        yield from _matrix(table["matrix"], set(codes))
    for name, fare in _fares(table):
        if fare > table["maximum_fare"]:
            yield FieldError(name, "out_of_range", "Must not be above maximum_fare.")


def _zones(zones: Mapping[str, int]) -> Iterator[FieldError]:
    for number in range(1, len(zones) + 1):
        if str(number) not in zones:
            yield FieldError(
                f"zones.{number}", "required", "The numbers must begin with 1, no gap."
            )


def _matrix(rows: Mapping[str, Mapping[str, int]], codes: set[str]) -> Iterator[FieldError]:
    unknown = "There is no such station."
    for start, row in rows.items():
        if start not in codes:
            yield FieldError(f"matrix.{start}", "unknown_station", unknown)
        for end in sorted(row.keys() - codes):
            yield FieldError(f"matrix.{start}.{end}", "unknown_station", unknown)
    pairs = symmetric(rows)
    ordered = sorted(codes)
    for index, start in enumerate(ordered):
        for end in ordered[index + 1 :]:
            if (start, end) not in pairs:
                yield FieldError(f"matrix.{start}.{end}", "required", "This fare is missing.")


def _fares(table: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    if table["flat"] is not None:
        yield "flat", table["flat"]
    yield from ((f"zones.{number}", fare) for number, fare in (table["zones"] or {}).items())
    for start, row in (table["matrix"] or {}).items():
        yield from ((f"matrix.{start}.{end}", fare) for end, fare in row.items())


STATION = Schema({"code": Text(32, pattern=CODE), "name": Text(60), "zone": Integer(0, ZONE_MAX)})
PEAK = Schema(
    {
        "from": ClockTime(),
        "to": ClockTime(until=True),
        "days": List(Weekday(), 7, min_length=1),
        "percent": Integer(0, PEAK_PERCENT_MAX),
    }
)
FARE_TABLE = Schema(
    {
        "effective_from": Effective(),
        "day_starts_at": ClockTime(required=False, default=DAY_STARTS_MIN),
        "stations": List(Object(STATION), STATIONS_MAX, min_length=1),
        "method": Choice([method.value for method in Method]),
        "flat": Amount(required=False),
        "zones": ByName(r"[1-9][0-9]?", Amount(), ZONE_MAX, length_min=1, required=False),
        "matrix": ByName(CODE, ByName(CODE, Amount(), STATIONS_MAX), STATIONS_MAX, required=False),
        "peak": List(Object(PEAK), PEAKS_MAX, required=False),
        "concessions": ByName(CLASS, Integer(0, 100), CONCESSIONS_MAX, required=False),
        "transfer_window_min": Integer(0, TRANSFER_WINDOW_MAX_MIN),
        "daily_cap": Amount(),
        "weekly_cap": Amount(),
        "maximum_fare": Amount(),
        "incomplete_after_h": Integer(1, INCOMPLETE_AFTER_MAX_H),
    },
    check=_consistent,
)


def parse_fare_table(body: Mapping[str, Any]) -> FareTable:
    """The fare table of a JSON object.

    Raises:
        Problem: validation_failed (or invalid_amount), with an entry for each faulty field.
    """
    return fare_table(FARE_TABLE.parse(body))


def fare_table(parsed: Mapping[str, Any]) -> FareTable:
    """The fare table of what `FARE_TABLE` has parsed."""
    starts_at = time(*divmod(parsed["day_starts_at"], 60))
    zones = parsed["zones"] or {}
    return FareTable(
        effective_from=_moment(parsed["effective_from"], starts_at),
        day_starts_at=starts_at,
        stations={station["code"]: Station(**station) for station in parsed["stations"]},
        method=Method(parsed["method"]),
        flat=parsed["flat"] or 0,
        zones=tuple(zones[str(number)] for number in range(1, len(zones) + 1)),
        matrix=symmetric(parsed["matrix"] or {}),
        peaks=tuple(_peaks(parsed["peak"] or ())),
        concessions=dict(parsed["concessions"] or {}),
        transfer_window=timedelta(minutes=parsed["transfer_window_min"]),
        daily_cap=parsed["daily_cap"],
        weekly_cap=parsed["weekly_cap"],
        maximum_fare=parsed["maximum_fare"],
        incomplete_after=timedelta(hours=parsed["incomplete_after_h"]),
    )


def _moment(effective: date | datetime, starts_at: time) -> datetime:
    if isinstance(effective, datetime):
        return effective
    return datetime.combine(effective, starts_at, CHINA_STANDARD_TIME)


def _peaks(windows: Iterable[Mapping[str, Any]]) -> Iterator[Peak]:
    for window in windows:
        days = frozenset(window["days"])
        yield Peak(window["from"], window["to"], days, window["percent"])
