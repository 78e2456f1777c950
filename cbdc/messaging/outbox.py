"""The rows of the outbox: written with their cause, read when due, closed by the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from cbdc.clock import now
from cbdc.messaging import links
from cbdc.messaging.lanes import Lane, lane_of
from cbdc.messaging.models import OutboxMessage
from cbdc.protocol.codecs import encode
from cbdc.protocol.envelope import BatchAnswer
from cbdc.protocol.messages import Message

POISON_AFTER = 20  # sendings at which the peer failed; with the back-off, over four minutes
ERROR_MAX = 500

# The answer: the lanes in which a worker looks by itself, or whose peer is left in peace.
# Read before the commit, so the promise to look must reach some way beyond it. One statement,
# and so a prepared one.
_WRITE = """
WITH written AS (
    INSERT INTO messaging_outboxmessage
        (id, "to", lane, kind, body, created_at, due_at, attempts, last_error)
    SELECT id, recipient, lane, kind, body::jsonb, %s, %s, 0, ''
    FROM unnest(%s::uuid[], %s::text[], %s::smallint[], %s::text[], %s::text[])
        AS letter (id, recipient, lane, kind, body)
)
SELECT peer, lane FROM messaging_link
WHERE peer = ANY(%s) AND (awake_until > %s OR retry_at > %s)
"""
PROMISE_MARGIN = timedelta(seconds=0.3)
_DUE = """
SELECT id, kind, body::text, created_at, attempts FROM messaging_outboxmessage
WHERE "to" = %s AND lane = %s AND due_at <= %s AND delivered_at IS NULL AND parked_at IS NULL
ORDER BY due_at, id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way into the outbox."""

    id: UUID
    to: str
    message: Message


@dataclass(frozen=True, slots=True)
class Due:
    """A row that is due: `body` is the message's JSON as it goes out."""

    id: UUID
    kind: str
    body: bytes
    created_at: datetime
    attempts: int


def write(letters: Sequence[Letter]) -> set[tuple[str, Lane]]:
    """Add them in one trip; the lanes, as (peer, lane), that need no bell."""
    return write_rows(
        [
            (
                letter.id,
                letter.to,
                letter.message.kind,
                msgspec.json.encode(encode(letter.message)).decode(),
            )
            for letter in letters
        ]
    )


def write_rows(rows: Sequence[tuple[UUID, str, str, str]]) -> set[tuple[str, Lane]]:
    """`write` for messages as (id, recipient, kind, JSON)."""
    moment = now()
    columns: list[list[Any]] = [
        [row[0] for row in rows],
        [row[1] for row in rows],
        [lane_of(row[2]).value for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
    ]
    peers = sorted({row[1] for row in rows})
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            [moment, moment, *columns, peers, moment + PROMISE_MARGIN, moment],
        )
        return {(peer, Lane(lane)) for peer, lane in cursor.fetchall()}


def due(to: str, lane: Lane, limit: int) -> list[Due]:
    """What waits for the peer in that lane, what has waited longest first."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [to, lane.value, now(), limit])
        return [Due(i, kind, body.encode(), at, n) for i, kind, body, at, n in cursor.fetchall()]


def close(rows: Sequence[Due], answer: BatchAnswer) -> int:
    """Write down what the peer said of each message; returns how many it now has."""
    said = {status.message_id: status for status in answer.statuses}
    taken: list[UUID] = []
    failed: list[Due] = []
    for row in rows:
        status = said.get(row.id)
        if status is None or status.status == "failed":
            failed.append(row)
        elif status.status == "rejected":
            park([row], f"{status.code}: {status.detail}")
        else:
            taken.append(row.id)
    if taken:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE messaging_outboxmessage SET delivered_at = %s WHERE id = ANY(%s)",
                [now(), taken],
            )
    failed_at(failed, "the peer could not handle it yet")
    return len(taken)


def failed_at(rows: Sequence[Due], error: str) -> None:
    """Send them again later; park those at which the peer has failed too often."""
    poison = [row for row in rows if row.attempts + 1 >= POISON_AFTER]
    park(poison, f"the peer failed at it {POISON_AFTER} times: {error}")
    postpone([row for row in rows if row not in poison], error)


def park(rows: Sequence[Due], reason: str) -> None:
    """Take messages out of the queue, for people to look at."""
    if rows:
        OutboxMessage.objects.filter(id__in=[row.id for row in rows]).update(
            parked_at=now(), last_error=reason[:ERROR_MAX]
        )


def postpone(rows: Sequence[Due], error: str) -> None:
    """Let others go first: each is due again after its own back-off."""
    for attempts in sorted({row.attempts for row in rows}):
        OutboxMessage.objects.filter(
            id__in=[row.id for row in rows if row.attempts == attempts]
        ).update(due_at=next_try(attempts + 1), attempts=attempts + 1, last_error=error[:ERROR_MAX])


def next_try(attempts: int) -> datetime:
    """When a message that failed that often is sent again."""
    return now() + timedelta(seconds=links.pause_s(attempts))
