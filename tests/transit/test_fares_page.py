"""The worked tables of docs/flows/fares.md, run by the engine."""

import re
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from cbdc.clock import CHINA_STANDARD_TIME
from cbdc.identifiers import new_id
from cbdc.money import format_yuan
from tests.transit import page
from tests.transit.page import Case
from wallets.transit.domain.days import Tariff, week_of
from wallets.transit.domain.journeys import Correction, Journey
from wallets.transit.domain.parsing import parse_fare_table
from wallets.transit.domain.rating import rate
from wallets.transit.domain.steps import total
from wallets.transit.domain.taps import Direction, Tap

MONDAY = date(2026, 11, 30)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TAP = re.compile(
    r"(?P<next>next )?(?P<day>[A-Z][a-z]{2}) (?P<time>\d\d:\d\d)"
    r" (?P<way>in|out) (?P<station>\w+)(?:/(?P<gate>\w+))?"
)
WAYS = {"in": Direction.ENTRY, "out": Direction.EXIT}
FARES = {name: parse_fare_table(body) for name, body in page.fare_tables().items()}
CASES = list(page.cases())


def moment(day: str, time: str, *, next_week: bool = False) -> datetime:
    when = MONDAY + timedelta(days=WEEKDAYS.index(day) + 7 * next_week)
    return datetime.fromisoformat(f"{when.isoformat()}T{time}:00").replace(
        tzinfo=CHINA_STANDARD_TIME
    )


def taps_of(case: Case) -> list[Tap]:
    rider_class = case.given.get("rider", "adult")
    taps = []
    for text in case.given["taps"].split(", "):
        match = TAP.fullmatch(text)
        assert match is not None, f"no tap: {text}"
        taps.append(
            Tap(
                tap_id=new_id(),
                rider="rider",
                station=match["station"],
                direction=WAYS[match["way"]],
                tapped_at=moment(match["day"], match["time"], next_week=bool(match["next"])),
                rider_class=rider_class,
                gate_id=match["gate"] or "",
            )
        )
    return taps


def corrections_of(case: Case, tap_id: UUID) -> list[Correction]:
    said = case.given.get("put right", "")
    return [Correction(tap_id, None if said == "waived" else said)] if said else []


def shown(journey: Journey) -> dict[str, str]:
    return {
        "journey": f"{journey.origin or '?'} → {journey.destination or '?'}",
        "status": journey.status.value,
        "fare": format_yuan(journey.fare),
        "discount": format_yuan(journey.discount),
        "charged": format_yuan(journey.charged),
        "how": journey.why,
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_worked_table(case: Case) -> None:
    taps = taps_of(case)
    now = case.given.get("now")
    as_of = moment(*now.split()) if now else moment("Sun", "23:00", next_week=True)
    tariff = Tariff.of([FARES[case.fares]])
    corrections = corrections_of(case, taps[0].tap_id)
    for order in (taps, taps[::-1], taps[1:] + taps):
        journeys = rate(order, tariff=tariff, as_of=as_of, corrections=corrections)
        columns = ("journey", "status", "fare", "discount", "charged", "how")
        lines = [{name: line[name] for name in columns} for line in case.lines]
        assert [shown(journey) for journey in journeys] == [row for row in lines if row["journey"]]
        assert all(total(journey.steps) == journey.charged >= 0 for journey in journeys)


def test_transit_day_and_week() -> None:
    fares, lines = page.tables()["days"]
    tariff = Tariff.of([FARES[fares]])
    for line in lines:
        when = datetime.fromisoformat(line["moment"]).replace(tzinfo=CHINA_STANDARD_TIME)
        day = tariff.day_of(when)
        assert [day.isoformat(), week_of(day).isoformat()] == [line["transit day"], line["week of"]]


def test_the_page_has_a_table_for_each_rule() -> None:
    assert set(page.tables()) == {
        "days", "zonal fares", "flat fares", "matrix fares", "same station",
        "same station of a matrix", "percentages", "transfers", "daily cap", "weekly cap",
        "splits", "pairing", "corrections",
    }  # fmt: skip
    assert len(CASES) > 40
