"""An operator's transit day as CSV: taps → journeys → charges → money, tied to the fen.

First a line for each journey with its taps and the charges that it is in; then each charge with
its payment, and each refund; then the sums, of which each follows from those above it.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import connection

from cbdc.clock import rfc3339
from wallets.payments.statement import cell
from wallets.transit.domain.days import ONE_DAY, day_start
from wallets.transit.models import Charge, FareRefund, Operator, RatedJourney
from wallets.transit.operators.fares import tariff_of

PAGE = 1_000
COLUMNS = (
    "line",
    "id",
    "credential_id",
    "at",
    "from",
    "to",
    "status",
    "fare",
    "discount",
    "amount",
    "belongs_to",
    "payment_id",
    "text",
)
Line = dict[str, Any]

_SUMS = """
SELECT
    (SELECT count(*) FROM transit_tap WHERE operator_id = %(operator)s
        AND tapped_at >= %(since)s AND tapped_at < %(until)s) AS taps,
    (SELECT count(*) FROM transit_refusedtap WHERE operator_id = %(operator)s
        AND tapped_at >= %(since)s AND tapped_at < %(until)s) AS refused_taps,
    j.*, c.*
FROM (
    SELECT count(*) AS journeys, count(*) FILTER (WHERE status = 'incomplete') AS incomplete,
        coalesce(sum(fare), 0) AS fares, coalesce(sum(discount), 0) AS discounts,
        coalesce(sum(charged), 0) AS to_charge
    FROM transit_ratedjourney WHERE operator_id = %(operator)s AND day = %(day)s
) j, (
    SELECT coalesce(sum(amount) FILTER (WHERE state = 'paid'), 0) AS paid,
        coalesce(sum(refunded) FILTER (WHERE state = 'paid'), 0) AS refunded,
        coalesce(sum(goodwill) FILTER (WHERE state = 'paid'), 0) AS goodwill,
        coalesce(sum(amount) FILTER (WHERE state IN ('due', 'asked')), 0) AS under_way,
        coalesce(sum(amount) FILTER (WHERE state = 'owed'), 0) AS owed,
        coalesce(sum(amount) FILTER (WHERE state = 'lost'), 0) AS written_off
    FROM transit_charge WHERE operator_id = %(operator)s AND day = %(day)s
) c
"""


def as_csv(operator: Operator, day: date) -> Iterator[str]:
    """The day so far, row by row; whatever its size, a page of it is in memory."""
    yield _row(dict(zip(COLUMNS, COLUMNS, strict=True)))
    for line in _journeys(operator, day):
        yield _row(line)
    for line in _charges(operator, day):
        yield _row(line)
    for line in _refunds(operator, day):
        yield _row(line)
    for name, value in sums(operator, day).items():
        yield _row({"line": f"total_{name}", "amount": value})


def sums(operator: Operator, day: date) -> dict[str, int]:
    """The day in figures. `to_charge` = `fares` − `discounts`, and, when it is billed,
    = `paid` − `refunded` + `goodwill` + `under_way` + `owed` + `written_off`; what has not been
    billed yet is `unbilled`."""
    table = tariff_of(operator.pk).table_of(day)
    since = day_start(table, day)
    values = {
        "operator": operator.pk,
        "day": day,
        "since": since,
        "until": day_start(table, day + ONE_DAY),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, values)
        names = [column.name for column in cursor.description or ()]
        found = dict(zip(names, map(int, cursor.fetchone() or ()), strict=True))
    billed = sum(found[name] for name in ("paid", "goodwill", "under_way", "owed", "written_off"))
    found["unbilled"] = found["to_charge"] - billed + found["refunded"]
    return found


def _journeys(operator: Operator, day: date) -> Iterator[Line]:
    rows = RatedJourney.objects.filter(operator_id=operator.pk, day=day).order_by("journey_id")
    after = None
    while page := list((rows.filter(journey_id__gt=after) if after else rows)[:PAGE]):
        for row in page:
            yield {
                "line": "journey",
                "id": row.journey_id,
                "credential_id": row.credential_id,
                "at": rfc3339(row.started_at),
                "from": row.origin or "",
                "to": row.destination or "",
                "status": row.status,
                "fare": row.fare,
                "discount": row.discount,
                "amount": row.charged,
                "belongs_to": " ".join(row.tap_ids),
                "text": row.why,
            }
        after = page[-1].journey_id


def _charges(operator: Operator, day: date) -> Iterator[Line]:
    rows = Charge.objects.filter(operator=operator, day=day).order_by("id")
    after = None
    while page := list((rows.filter(id__gt=after) if after else rows)[:PAGE]):
        for row in page:
            yield {
                "line": "charge",
                "id": row.id,
                "credential_id": row.credential_id,
                "at": rfc3339(row.settled_at or row.created_at),
                "status": row.state,
                "amount": row.amount,
                "belongs_to": row.journey_id or row.day.isoformat(),
                "payment_id": row.payment_id or "",
                "text": row.code,
            }
        after = page[-1].id


def _refunds(operator: Operator, day: date) -> Iterator[Line]:
    rows = FareRefund.objects.filter(charge__operator=operator, charge__day=day).order_by("id")
    for row in rows.iterator(PAGE):
        yield {
            "line": "refund",
            "id": row.id,
            "at": rfc3339(row.completed_at or row.created_at),
            "status": row.status,
            "amount": row.amount,
            "belongs_to": row.charge_id,
            "payment_id": row.payment_id or "",
            "text": row.reason,
        }


def _row(line: Line) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([cell(line.get(column, "")) for column in COLUMNS])
    return out.getvalue()
