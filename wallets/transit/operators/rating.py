"""From taps to journeys: rider-weeks that are due are derived again from all their taps.

Each batch is one transaction, and starts from the taps alone: killed anywhere and run again, it
ends with the same journeys.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from cbdc.clock import china_midnight, now
from wallets.transit.domain.days import Tariff, week_of
from wallets.transit.domain.journeys import Correction as Said
from wallets.transit.domain.journeys import Journey
from wallets.transit.domain.rating import rate
from wallets.transit.domain.taps import Direction
from wallets.transit.domain.taps import Tap as Seen
from wallets.transit.models import Correction, RatedJourney, RiderWeek
from wallets.transit.operators.fares import tariff_of
from wallets.transit.operators.telling import tell_weeks
from wallets.transit.operators.weeks import claim

BATCH = 500
# What a week's first exits and last entries may need of the weeks beside it.
BEFORE, AFTER = timedelta(days=2), timedelta(days=2)
A_SECOND = timedelta(seconds=1)

_TAPS = """
SELECT w.number, t.tap_id, t.credential_id, t.station, t.direction, t.tapped_at, t.rider_class,
    t.gate_id
FROM unnest(%s::int[], %s::uuid[], %s::timestamptz[], %s::timestamptz[])
    AS w (number, credential_id, since, until)
JOIN transit_tap t ON t.operator_id = %s AND t.credential_id = w.credential_id
    AND t.tapped_at >= w.since AND t.tapped_at < w.until
"""
_DONE = """
UPDATE transit_riderweek w SET due_at = b.due_at, bill_at = coalesce(b.bill_at, w.bill_at)
FROM unnest(%s::uuid[], %s::date[], %s::timestamptz[], %s::timestamptz[])
    AS b (credential_id, week, due_at, bill_at)
WHERE w.operator_id = %s AND (w.credential_id, w.week) = (b.credential_id, b.week)
"""


@dataclass(frozen=True, slots=True)
class _Week:
    """A rider's week: what is to be rated."""

    credential_id: UUID
    monday: date
    bank_number: str

    @property
    def since(self) -> datetime:
        return china_midnight(self.monday) - BEFORE

    @property
    def until(self) -> datetime:
        return self.since + BEFORE + timedelta(days=7) + AFTER


def rate_due() -> int:
    """Rate what is due, at most a batch of one operator; how many rider-weeks."""
    with transaction.atomic():
        rows = claim(RiderWeek.objects.filter(due_at__lte=now()), "due_at", limit=BATCH)
        weeks = [_Week(row.credential_id, row.week, row.bank_number) for row in rows]
        if weeks:
            _rate(rows[0].operator_id, weeks)
    return len(weeks)


def _rate(operator_id: UUID, weeks: Sequence[_Week]) -> None:
    tariff, moment = tariff_of(operator_id), now()
    taps = _taps_of(operator_id, weeks)
    corrections = _corrections_of(operator_id, weeks)
    fresh: dict[_Week, list[RatedJourney]] = {}
    again: dict[_Week, datetime | None] = {}
    for number, week in enumerate(weeks):
        journeys = rate(
            taps[number], tariff=tariff, as_of=moment, corrections=corrections[week.credential_id]
        )
        fresh[week] = [
            _row(operator_id, week, journey, moment)
            for journey in journeys
            if week_of(journey.day) == week.monday
        ]
        again[week] = _open_until(taps[number], tariff, moment)
    changed = _replace(operator_id, fresh)
    with connection.cursor() as cursor:
        cursor.execute(
            _DONE,
            [
                [week.credential_id for week in weeks],
                [week.monday for week in weeks],
                [again[week] for week in weeks],
                [moment if week in changed else None for week in weeks],
                operator_id,
            ],
        )
    tell_weeks(
        operator_id,
        [
            (week.bank_number, week.credential_id, week.monday, moment, fresh[week])
            for week in changed
        ],
    )


def _taps_of(operator_id: UUID, weeks: Sequence[_Week]) -> defaultdict[int, list[Seen]]:
    """By the number of the week: a tap near its end is one of two weeks."""
    taps: defaultdict[int, list[Seen]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            _TAPS,
            [
                list(range(len(weeks))),
                [week.credential_id for week in weeks],
                [week.since for week in weeks],
                [week.until for week in weeks],
                operator_id,
            ],
        )
        for number, tap_id, credential_id, station, direction, at, name, gate in cursor.fetchall():
            taps[number].append(
                Seen(tap_id, str(credential_id), station, Direction(direction), at, name, gate)
            )
    return taps


def _corrections_of(operator_id: UUID, weeks: Iterable[_Week]) -> Mapping[UUID, list[Said]]:
    said: defaultdict[UUID, list[Said]] = defaultdict(list)
    ids = {week.credential_id for week in weeks}
    for row in Correction.objects.filter(operator_id=operator_id, credential_id__in=ids):
        said[row.credential_id].append(Said(row.tap_id, row.station or None))
    return said


def _open_until(taps: Sequence[Seen], tariff: Tariff, moment: datetime) -> datetime | None:
    """When a rider who is still travelling will not be any more."""
    last = max(taps, key=lambda tap: tap.order, default=None)
    if last is None or last.direction is not Direction.ENTRY:
        return None
    table = tariff.table_of(tariff.day_of(last.tapped_at))
    ends = last.tapped_at + table.incomplete_after + A_SECOND
    return ends if ends > moment else None


def _row(operator_id: UUID, week: _Week, journey: Journey, moment: datetime) -> RatedJourney:
    return RatedJourney(
        operator_id=operator_id,
        journey_id=journey.journey_id,
        credential_id=week.credential_id,
        bank_number=week.bank_number,
        day=journey.day,
        week=week.monday,
        started_at=journey.started_at,
        origin=journey.origin,
        destination=journey.destination,
        fare=journey.fare,
        discount=journey.discount,
        charged=journey.charged,
        status=journey.status.value,
        why=journey.why,
        tap_ids=[str(tap_id) for tap_id in journey.tap_ids],
        rated_at=moment,
    )


_COMPARED = (
    "journey_id", "day", "started_at", "origin", "destination", "fare", "discount", "charged",
    "status", "why", "tap_ids",
)  # fmt: skip


def _replace(operator_id: UUID, fresh: Mapping[_Week, list[RatedJourney]]) -> list[_Week]:
    """Write the weeks whose journeys are not what they were; which those are."""
    ids = {week.credential_id for week in fresh}
    mondays = {week.monday for week in fresh}
    kept: defaultdict[tuple[UUID, date], list[RatedJourney]] = defaultdict(list)
    for row in RatedJourney.objects.filter(
        operator_id=operator_id, credential_id__in=ids, week__in=mondays
    ):
        kept[row.credential_id, row.week].append(row)
    changed = [
        week
        for week, rows in fresh.items()
        if _content(rows) != _content(kept[week.credential_id, week.monday])
    ]
    made = [row for week in changed for row in fresh[week]]
    stale = [row for week in changed for row in kept[week.credential_id, week.monday]]
    # What is made anew may have been another week's: a late tap moved it over the week's end.
    gone = {row.journey_id for row in (*stale, *made)}
    if gone:
        RatedJourney.objects.filter(operator_id=operator_id, journey_id__in=gone).delete()
        RatedJourney.objects.bulk_create(made)
    return changed


def _content(rows: Iterable[RatedJourney]) -> set[tuple[object, ...]]:
    return {
        tuple(
            tuple(value) if isinstance(value := getattr(row, name), list) else value
            for name in _COMPARED
        )
        for row in rows
    }
