"""The clock, behind one function, so that a test or a simulation can inject another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone

CHINA_STANDARD_TIME = timezone(timedelta(hours=8), "CST")

_source: Callable[[], datetime] | None = None


def now() -> datetime:
    """The current time, aware, in UTC."""
    return _source() if _source is not None else datetime.now(UTC)


def china_today() -> date:
    """The business day that it is now: in China, for everybody."""
    return now().astimezone(CHINA_STANDARD_TIME).date()


def china_midnight(day: date) -> datetime:
    """When a business day begins."""
    return datetime.combine(day, time.min, CHINA_STANDARD_TIME)


@contextmanager
def injected(source: Callable[[], datetime]) -> Iterator[None]:
    """Replace the clock of this process while the block runs."""
    global _source
    previous, _source = _source, source
    try:
        yield
    finally:
        _source = previous


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: `2026-01-31T09:30:00.000000Z`."""
    # Not strftime: it writes the year 1 as "1", which is no RFC 3339.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_rfc3339(text: str) -> datetime:
    """The inverse of `rfc3339`; accepts any RFC 3339 offset.

    Raises:
        ValueError: not RFC 3339, or without an offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    return moment.astimezone(UTC)
