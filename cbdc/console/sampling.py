"""Keeping figures for charts: a few rows a minute, thinned to one an hour after two days."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from cbdc.clock import now
from cbdc.console.models import Sample
from cbdc.console.role import this_console
from cbdc.identifiers import first_id

FINE_FOR = timedelta(days=2)
KEPT_FOR = timedelta(days=400)
THIN_BATCH = 50_000
# An id is made before its row is committed: younger ones are left to the next sample.
LAG = timedelta(seconds=10)

_THIN = """
DELETE FROM console_sample WHERE id IN (
    SELECT id FROM console_sample
    WHERE at < %(fine)s AND (at <> date_trunc('hour', at) OR at < %(kept)s)
    LIMIT %(most)s
)
"""


def take() -> int:
    """Keep what the role's figures are now; returns how many. A second call in a period does
    nothing more."""
    console = this_console()
    moment = _period(now())
    return _keep({**console.levels(), **_totals(moment)}, moment)


def take_slowly() -> int:
    """The figures that take a look at a whole table."""
    return _keep(this_console().slow_levels(), _period(now()))


def thin() -> int:
    """Forget what is too old, and too fine for its age; returns how many rows."""
    moment = now()
    values: dict[str, Any] = {
        "fine": moment - FINE_FOR,
        "kept": moment - KEPT_FOR,
        "most": THIN_BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute(_THIN, values)
        return int(cursor.rowcount)


def _totals(moment: datetime) -> dict[str, int]:
    """Running totals: the last ones, and what was made since."""
    count = this_console().count
    if count is None:
        return {}
    names = list(count(first_id(moment), first_id(moment)))  # of nothing: their names alone
    last = Sample.objects.filter(series__in=names, at__lt=moment).order_by("-at").first()
    if last is None:
        return dict.fromkeys(names, 0)
    before = dict(
        Sample.objects.filter(series__in=names, at=last.at).values_list("series", "value")
    )
    more = count(first_id(last.at - LAG), first_id(moment - LAG))
    return {name: before.get(name, 0) + more[name] for name in names}


def _keep(figures: Mapping[str, int], moment: datetime) -> int:
    rows = [Sample(series=name, at=moment, value=value) for name, value in figures.items()]
    Sample.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _period(moment: datetime) -> datetime:
    seconds = int(moment.timestamp() // settings.SAMPLE_EVERY_S * settings.SAMPLE_EVERY_S)
    return datetime.fromtimestamp(seconds, UTC)
