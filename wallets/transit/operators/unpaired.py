"""Taps that stayed alone, by day and by station: a gate that loses taps shows in its numbers."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from cbdc.clock import china_today, now
from wallets.transit.domain.journeys import Status
from wallets.transit.models import Operator, RatedJourney, RefusedTap

DAYS = timedelta(days=14)
STATIONS_MAX = 10
_UNPAIRED = Count("id", filter=Q(status=Status.INCOMPLETE))


@dataclass(frozen=True, slots=True)
class UnpairedDay:
    """A transit day's journeys that had one end: still so, and put right since."""

    day: date
    unpaired: int
    corrected: int


@dataclass(frozen=True, slots=True)
class UnpairedStation:
    """How many entries, and how many exits, stayed alone at a station."""

    station: str
    entries: int
    exits: int


def unpaired_days(operator: Operator) -> list[UnpairedDay]:
    """The last DAYS, the newest first; days without any are left out."""
    rows = (
        _recent(operator)
        .values("day")
        .annotate(unpaired=_UNPAIRED, corrected=Count("id", filter=Q(status=Status.CORRECTED)))
        .order_by("-day")
    )
    return [UnpairedDay(**row) for row in rows]


def unpaired_stations(operator: Operator) -> list[UnpairedStation]:
    """Where most stayed alone in the last DAYS."""
    rows = (
        _recent(operator)
        .filter(status=Status.INCOMPLETE)
        .annotate(station=Coalesce("origin", "destination"))
        .values("station")
        .annotate(
            entries=Count("id", filter=Q(origin__isnull=False)),
            exits=Count("id", filter=Q(origin__isnull=True)),
            alone=Count("id"),
        )
        .order_by("-alone", "station")[:STATIONS_MAX]
    )
    return [UnpairedStation(row["station"], row["entries"], row["exits"]) for row in rows]


def refused_taps(operator: Operator) -> list[tuple[str, int]]:
    """How many taps were refused in the last DAYS, by the reason."""
    rows = RefusedTap.objects.filter(operator_id=operator.pk, received_at__gte=now() - DAYS)
    return list(rows.values_list("code").annotate(Count("id")).order_by("code"))


def _recent(operator: Operator) -> QuerySet[RatedJourney]:
    first = china_today() - DAYS
    return RatedJourney.objects.filter(
        operator_id=operator.pk,
        day__gte=first,
        status__in=[Status.INCOMPLETE, Status.CORRECTED],
    )
