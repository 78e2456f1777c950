"""Putting journeys with one end right: by their riders, three a month, and by staff."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from cbdc.api.schema import refuse
from cbdc.errors import ErrorCode, FieldError, Problem
from commercial_banks.clearing.directory import bank_of
from wallets.transit.domain.journeys import Status
from wallets.transit.models import Correction, RatedJourney, RiderWeek
from wallets.transit.operators.fares import tariff_of
from wallets.transit.operators.selectors import rider_bodies
from wallets.transit.operators.weeks import touch_weeks, weeks_touched
from wallets.transit.riders.journeys import Journey, newest, not_incomplete, register_own_journeys

RIDERS_A_MONTH = 3


class OperatorsJourneys:
    """The journeys with this bank's operators, for their riders."""

    def recent(
        self, credential_ids: Sequence[UUID], before: tuple[datetime, UUID] | None, limit: int
    ) -> list[tuple[datetime, Journey]]:
        """Newest first, those that began before."""
        rows = RatedJourney.objects.filter(credential_id__in=credential_ids)
        found = newest(rows, before, limit)
        bodies = rider_bodies(found)
        return [(row.started_at, body) for row, body in zip(found, bodies, strict=True)]

    def correct(self, credential_ids: Sequence[UUID], journey_id: UUID, station: str) -> Journey:
        """A rider of this bank says where the other end was.

        Raises:
            Problem: not_found, validation_failed.
        """
        row = self._find(credential_ids, journey_id)
        rider_corrects(row, station)
        return rider_bodies([RatedJourney.objects.get(pk=row.pk)])[0]

    def correct_for(self, bank: str, credential_id: UUID, journey_id: UUID, station: str) -> None:
        """A rider of another bank does.

        Raises:
            Problem: not_found, also for a credential of another bank; validation_failed.
        """
        row = self._find([credential_id], journey_id)
        if bank_of(row.bank_number) != bank:
            raise Problem(ErrorCode.NOT_FOUND)
        rider_corrects(row, station)

    def _find(self, credential_ids: Sequence[UUID], journey_id: UUID) -> RatedJourney:
        rows = RatedJourney.objects.filter(credential_id__in=credential_ids, journey_id=journey_id)
        row = rows.first()
        if row is None:
            raise Problem(ErrorCode.NOT_FOUND)
        return row


register_own_journeys(OperatorsJourneys())


@transaction.atomic
def rider_corrects(row: RatedJourney, station: str) -> None:
    """Note where the rider says the other end was, and rate the week again.

    Raises:
        Problem: validation_failed, for a journey that is not incomplete, for a station that the
            operator does not have, and after RIDERS_A_MONTH in a month.
    """
    # Two at once: one of them is the fourth.
    RiderWeek.objects.select_for_update().filter(
        operator_id=row.operator_id, credential_id=row.credential_id, week=row.week
    ).first()
    if row.status != Status.INCOMPLETE:
        raise not_incomplete()
    _require_station(row, station)
    month = Correction.objects.filter(
        operator_id=row.operator_id,
        credential_id=row.credential_id,
        by_rider=True,
        day__year=row.day.year,
        day__month=row.day.month,
    )
    if month.count() >= RIDERS_A_MONTH:
        message = f"{RIDERS_A_MONTH} corrections of a month were made; ask the operator."
        raise refuse([FieldError("journey_id", "corrections_used_up", message)])
    _correct(row, station, by_rider=True, made_by="", reason="")


@transaction.atomic
def staff_correct(*, row: RatedJourney, station: str, by: str, reason: str) -> None:
    """Staff say where the other end was, or (an empty station) waive the fare. Theirs replaces a
    rider's.

    Raises:
        Problem: validation_failed, for a journey with both ends, and an unknown station.
    """
    if row.status == Status.COMPLETE:
        raise not_incomplete()
    if station:
        _require_station(row, station)
    _correct(row, station, by_rider=False, made_by=by, reason=reason)


def _correct(row: RatedJourney, station: str, *, by_rider: bool, made_by: str, reason: str) -> None:
    [tap_id] = row.tap_ids  # one that is not complete has one tap
    Correction.objects.update_or_create(
        operator_id=row.operator_id,
        tap_id=UUID(tap_id),
        defaults={
            "credential_id": row.credential_id,
            "day": row.day,
            "station": station,
            "by_rider": by_rider,
            "made_by": made_by,
            "reason": reason,
        },
    )
    weeks = {(row.credential_id, week, row.bank_number) for week in weeks_touched(row.day)}
    touch_weeks(row.operator_id, sorted(weeks))


def _require_station(row: RatedJourney, station: str) -> None:
    table = tariff_of(row.operator_id).table_of(row.day)
    if station not in table.stations:
        raise refuse([FieldError("station", "unknown_station", "There is no such station.")])
