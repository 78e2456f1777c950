"""A lane to a peer: one worker delivers it at a time, and a peer that is down is left in peace."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, connection

from cbdc.clock import now
from cbdc.messaging.lanes import Lane
from cbdc.messaging.models import Link

BACKOFF_FIRST_S = 0.25
BACKOFF_MAX_S = 15.0
DOUBLINGS_MAX = 10
JITTER = 0.5  # the pause is cut by up to this share, so that peers do not come back in step
_LOCK = 0x4D53474C  # "MSGL"

_random = random.Random()  # noqa: S311 - spreads retries, guards nothing


@contextmanager
def only_one(to: str, lane: Lane) -> Iterator[bool]:
    """Whether this connection alone delivers the lane while the block runs.

    A lock of the session and not a lease in the rows: it is gone the moment its holder is, so
    nobody waits for the messages of a killed worker.
    """
    key = f"{to}/{lane.value}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK, key])
        row = cursor.fetchone()
    taken = bool(row and row[0])
    try:
        yield taken
    finally:
        if taken:
            _unlock(key)


def _unlock(key: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [_LOCK, key])
    except DatabaseError:  # the session broke, and its locks with it
        connection.close()


def link(to: str, lane: Lane) -> Link:
    """The row of the lane; made when it is missing."""
    return Link.objects.get_or_create(peer=to, lane=lane)[0]


def needs_no_bell(to: str, lane: Lane) -> bool:
    """True while a worker looks by itself, or while the peer is left in peace."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM messaging_link WHERE peer = %s AND lane = %s"
            " AND (awake_until > %s OR retry_at > %s)",
            [to, lane.value, *[now()] * 2],
        )
        return bool(cursor.rowcount == 1)


def stay_awake(row: Link, seconds: float) -> None:
    """Promise to look for new messages that long. What is sent meanwhile rings no bell.

    Kept unless the process dies or is told to end; then the sweep finds what rang no bell.
    """
    row.awake_until = now() + timedelta(seconds=seconds)
    Link.objects.filter(id=row.id).update(awake_until=row.awake_until)


def fall_asleep(row: Link) -> None:
    """Take the promise back."""
    row.awake_until = None
    Link.objects.filter(id=row.id).update(awake_until=None)


def failed(row: Link, error: str) -> None:
    """The peer did not take what was sent: leave it in peace, longer each time."""
    row.failures += 1
    row.retry_at = now() + timedelta(seconds=pause_s(row.failures))
    row.last_error = error[:500]
    Link.objects.filter(id=row.id).update(
        failures=row.failures, retry_at=row.retry_at, last_error=row.last_error
    )


def succeeded(row: Link) -> None:
    """The peer answers."""
    if row.failures or row.retry_at is not None:
        row.failures, row.retry_at, row.last_error = 0, None, ""
        Link.objects.filter(id=row.id).update(failures=0, retry_at=None, last_error="")


def pause_s(failures: int) -> float:
    """The back-off after that many failures in a row, with jitter."""
    full = min(BACKOFF_FIRST_S * 2.0 ** min(failures - 1, DOUBLINGS_MAX), BACKOFF_MAX_S)
    return full * (1 - JITTER * _random.random())
