"""Kept figures, as series for charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from cbdc.clock import CHINA_STANDARD_TIME, now

POINTS = 120  # of a series
WINDOW = timedelta(days=30)
_DAY = timedelta(hours=36)

# At most POINTS rows of each series, whatever the time that they cover: the last of each stretch.
_HISTORY = """
WITH span AS (
    SELECT greatest((%(now)s - min(at)) / %(points)s, interval '1 second') AS step
    FROM console_sample WHERE series = ANY(%(names)s) AND at >= %(since)s
)
SELECT DISTINCT ON (series, stretch) series, date_bin(step, at, %(since)s) AS stretch, value
FROM console_sample, span
WHERE series = ANY(%(names)s) AND at >= %(since)s
ORDER BY series, stretch, at DESC
"""

_GROWTH = """
SELECT name, newest.value - coalesce(before.value, 0)
FROM unnest(%(names)s::text[]) name
JOIN LATERAL (SELECT value FROM console_sample WHERE series = name
    AND at >= %(begins)s AND at <= %(ends)s ORDER BY at DESC LIMIT 1) newest ON true
LEFT JOIN LATERAL (SELECT value FROM console_sample WHERE series = name
    AND at <= %(begins)s ORDER BY at DESC LIMIT 1) before ON true
"""


@dataclass(frozen=True, slots=True)
class History:
    """Series over the same moments; where one has no value yet, it is its next one."""

    moments: Sequence[datetime]
    values: Mapping[str, Sequence[int]]

    def labels(self) -> list[str]:
        """The moments in China Standard Time: of a day by the clock, of more by the date."""
        if not self.moments:
            return []
        short = self.moments[-1] - self.moments[0] < _DAY
        form = "%H:%M" if short else "%m-%d"
        return [moment.astimezone(CHINA_STANDARD_TIME).strftime(form) for moment in self.moments]

    def rates(self, name: str, per: timedelta) -> list[int]:
        """How fast a running total grew, per so much time; for each moment but the first."""
        totals = self.values.get(name, [])
        return [
            round(
                max(totals[i] - totals[i - 1], 0) * (per / (self.moments[i] - self.moments[i - 1]))
            )
            for i in range(1, len(totals))
        ]


def history(names: Sequence[str], *, window: timedelta = WINDOW) -> History:
    """Kept figures of the last `window`, in one query, at most POINTS of each."""
    values: dict[str, Any] = {
        "names": list(names),
        "since": now() - window,
        "now": now(),
        "points": POINTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, values)
        rows = cursor.fetchall()
    kept: dict[str, dict[datetime, int]] = {}
    for series, moment, value in rows:
        kept.setdefault(series, {})[moment.astimezone(UTC)] = value
    moments = sorted({moment for points in kept.values() for moment in points})
    return History(moments, {name: _filled(kept[name], moments) for name in names if name in kept})


def latest(names: Sequence[str]) -> dict[str, int]:
    """The newest kept value of each series that has one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, value FROM unnest(%s::text[]) name, LATERAL ("
            " SELECT value FROM console_sample WHERE series = name ORDER BY at DESC LIMIT 1) v",
            [list(names)],
        )
        return dict(cursor.fetchall())


def growth(names: Sequence[str], begins: datetime, ends: datetime) -> dict[str, int]:
    """By how much each running total grew in a time; without those of which nothing was kept."""
    values: dict[str, Any] = {"names": list(names), "begins": begins, "ends": ends}
    with connection.cursor() as cursor:
        cursor.execute(_GROWTH, values)
        return dict(cursor.fetchall())


def _filled(points: Mapping[datetime, int], moments: Sequence[datetime]) -> list[int]:
    last = points[min(points)]
    filled = []
    for moment in moments:
        last = points.get(moment, last)
        filled.append(last)
    return filled
