"""Riders' weeks as work: made due by what changes them, and claimed by who does it."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from cbdc.clock import now
from wallets.transit.domain.days import week_of
from wallets.transit.models import RiderWeek

_TOUCH = """
INSERT INTO transit_riderweek AS w (operator_id, credential_id, week, bank_number, due_at)
SELECT %s, t.*, %s FROM unnest(%s::uuid[], %s::date[], %s::text[]) AS t
ON CONFLICT (operator_id, credential_id, week)
DO UPDATE SET due_at = least(w.due_at, excluded.due_at)
"""


def claim(due: QuerySet[RiderWeek], by: str, *, limit: int) -> list[RiderWeek]:
    """Lock up to `limit` weeks of the operator that waits longest, in the caller's transaction.

    `by` is the time by which they are due. What another worker holds is passed over.
    """
    ordered = due.order_by(by)
    operator_id = ordered.values_list("operator_id", flat=True).first()
    if operator_id is None:
        return []
    of_one = ordered.filter(operator_id=operator_id)
    return list(of_one.select_for_update(skip_locked=True)[:limit])


def weeks_touched(day: date) -> set[date]:
    """A tap may end a leg of the day before, and be looked at by a week that begins within two
    days of it (`domain.rating`)."""
    return {week_of(day + timedelta(days=days)) for days in (-1, 0, 2)}


def touch_weeks(operator_id: UUID, weeks: Sequence[tuple[UUID, date, str]]) -> None:
    """Have (credential, week, bank number) rated now, in the caller's transaction; in order."""
    if not weeks:
        return
    ids, mondays, numbers = zip(*weeks, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH, [operator_id, now(), list(ids), list(mondays), list(numbers)])
