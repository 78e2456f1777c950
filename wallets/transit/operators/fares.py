"""An operator's fare tables: put ahead of time, and never changed once they count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction

from cbdc.api.schema import refuse
from cbdc.clock import now
from cbdc.errors import FieldError
from wallets.transit.domain.days import Tariff, day_start, first_day
from wallets.transit.domain.parsing import FARE_TABLE, fare_table, parse_fare_table
from wallets.transit.domain.table import FareTable
from wallets.transit.models import FareVersion, Operator, Tap

VERSIONS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A version with how it stands now: scheduled, in_force, superseded."""

    row: FareVersion
    first_day: date
    status: str


@transaction.atomic
def put_fares(*, operator: Operator, version: str, body: Mapping[str, Any]) -> FareVersion:
    """Keep a fare table under a version's name; the same again changes nothing.

    A table may begin in the past where nobody has travelled since: no day that somebody was
    charged for changes its fares.

    Raises:
        Problem: validation_failed (or invalid_amount), with each faulty field; also for a
            version that is in force, and for a day on which somebody has travelled.
    """
    table = parse_fare_table(body)
    Operator.objects.get_or_create(merchant=operator.merchant)
    Operator.objects.select_for_update().get(pk=operator.pk)
    rows = FareVersion.objects.filter(operator=operator)
    known = rows.filter(version=version).first()
    if known is not None:
        if known.body == dict(body):
            return known
        _require_not_begun(operator, _table(known), "version", "in_force")
    _require_not_begun(operator, table, "effective_from", "too_early")
    if rows.filter(effective_from=table.effective_from).exclude(version=version).exists():
        message = "Another version takes effect at that moment."
        raise refuse([FieldError("effective_from", "taken", message)])
    if known is None and rows.count() >= VERSIONS_MAX:
        raise refuse([FieldError("version", "too_many", f"At most {VERSIONS_MAX} versions.")])
    row = known or FareVersion(operator=operator, version=version)
    row.effective_from, row.body, row.put_at = table.effective_from, dict(body), now()
    row.save()
    return row


def fares_of(operator: Operator) -> list[Shown]:
    """Every version, the one that takes effect last first."""
    rows = list(FareVersion.objects.filter(operator=operator).order_by("-effective_from"))
    shown, current_found = [], False
    for row in rows:
        table = _table(row)
        begins = first_day(table)
        if day_start(table, begins) > now():
            status = "scheduled"
        else:
            status, current_found = ("superseded" if current_found else "in_force"), True
        shown.append(Shown(row, begins, status))
    return shown


def tariff_of(operator_id: UUID) -> Tariff:
    """All versions, for rating."""
    rows = FareVersion.objects.filter(operator_id=operator_id).order_by("effective_from")
    stamps = tuple(rows.values_list("id", "put_at"))
    return _tariff(operator_id, stamps)


@lru_cache(maxsize=64)
def _tariff(operator_id: UUID, stamps: tuple[Any, ...]) -> Tariff:
    rows = FareVersion.objects.filter(id__in=[row_id for row_id, _ in stamps])
    return Tariff.of([_table(row) for row in rows])


def _table(row: FareVersion) -> FareTable:
    return fare_table(FARE_TABLE.parse(row.body))


def _require_not_begun(operator: Operator, table: FareTable, field: str, code: str) -> None:
    begins = day_start(table, first_day(table))
    if begins > now():
        return
    if Tap.objects.filter(operator_id=operator.pk, tapped_at__gte=begins).exists():
        message = "Somebody has travelled since it is in force: put another version."
        raise refuse([FieldError(field, code, message)])
