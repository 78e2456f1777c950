"""Reads of journeys and how they are paid, for operators and for riders of this bank."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from wallets.transit.models import Charge, Operator, RatedJourney
from wallets.transit.operators.telling import journey_body
from wallets.transit.riders.journeys import charge_status

Key = tuple[UUID, UUID, date, UUID | None]  # operator, credential, day, journey


def journeys_of_day(
    operator: Operator, day: date, *, after: UUID | None, limit: int
) -> list[RatedJourney]:
    """An operator's journeys of a transit day, in the order of their ids."""
    rows = RatedJourney.objects.filter(operator_id=operator.pk, day=day)
    if after is not None:
        rows = rows.filter(journey_id__gt=after)
    return list(rows.order_by("journey_id")[:limit])


def operator_bodies(rows: Sequence[RatedJourney]) -> list[dict[str, Any]]:
    """As the operator sees them: with the rider's credential and the taps."""
    return [
        {**body, "credential_id": str(row.credential_id), "tap_ids": row.tap_ids}
        for row, body in zip(rows, rider_bodies(rows), strict=True)
    ]


def rider_bodies(rows: Sequence[RatedJourney]) -> list[dict[str, Any]]:
    """As their rider sees them, with how they are paid."""
    names = dict(
        Operator.objects.filter(pk__in={row.operator_id for row in rows}).values_list(
            "pk", "merchant__name"
        )
    )
    states = _states(rows)
    bodies = []
    for row in rows:
        key = (row.operator_id, row.credential_id, row.day)
        of_charges = states[(*key, None)] | states[(*key, row.journey_id)]
        status = charge_status(row.charged, of_charges)
        bodies.append({**journey_body(row, names[row.operator_id]), "charge_status": status})
    return bodies


def _states(rows: Sequence[RatedJourney]) -> defaultdict[Key, set[str]]:
    charges = Charge.objects.filter(
        operator_id__in={row.operator_id for row in rows},
        credential_id__in={row.credential_id for row in rows},
        day__in={row.day for row in rows},
    )
    states: defaultdict[Key, set[str]] = defaultdict(set)
    for operator_id, rider, day, journey, state in charges.values_list(
        "operator_id", "credential_id", "day", "journey_id", "state"
    ):
        states[operator_id, rider, day, journey].add(state)
    return states
