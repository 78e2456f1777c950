"""The rows of the queues: taken under a lease of their endpoint, closed by what came of them.

A lease is on the endpoint and not on its deliveries: one worker at a time has the queue of an
endpoint, and nothing is written when deliveries are taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from cbdc.clock import now
from wallets.webhooks.domain import Outcome, rest, verdict
from wallets.webhooks.models import Delivery, Endpoint, SigningSecret
from wallets.webhooks.sending import Letter

BATCH_MAX = 50  # deliveries of an endpoint, taken at once
LEASE = timedelta(seconds=30)  # above BATCH_S and one attempt: nobody else sends meanwhile
END_MAX = 10_000
SLOW_MS = 1000  # an endpoint that took longer, or never was tried, is slow

_CLAIM = """
WITH free AS (
    SELECT e.id FROM webhooks_endpoint e
    CROSS JOIN LATERAL (
        SELECT d.due_at FROM webhooks_delivery d
        WHERE d.endpoint_id = e.id AND d.state = 'due' AND d.due_at <= %(now)s
        ORDER BY d.due_at LIMIT 1
    ) AS first
    WHERE e.state = 'live'
      AND (e.leased_until IS NULL OR e.leased_until <= %(now)s)
      AND (e.rests_until IS NULL OR e.rests_until <= %(now)s)
      AND (e.last_ms IS NULL OR e.last_ms > %(slow_ms)s) = %(slow)s
    ORDER BY e.failures, first.due_at LIMIT %(limit)s
    FOR NO KEY UPDATE OF e SKIP LOCKED
)
UPDATE webhooks_endpoint e SET leased_until = %(until)s FROM free WHERE e.id = free.id
RETURNING e.id
"""
_LETTERS = """
SELECT d.endpoint_id, d.id, d.attempts, d.event_id, d.body FROM unnest(%s::uuid[]) AS e (id)
CROSS JOIN LATERAL (
    SELECT * FROM webhooks_delivery d
    WHERE d.endpoint_id = e.id AND d.state = 'due' AND d.due_at <= %s
    ORDER BY d.due_at, d.id LIMIT %s
) AS d
ORDER BY d.due_at, d.id
"""
# Only a delivery that stands as it was taken is changed: after a lease has run out, another
# worker may have sent it. The attempt was made in any case.
_WRITE_DOWN = """
WITH outcome AS (
    SELECT * FROM unnest(
        %s::bigint[], %s::integer[], %s::text[], %s::timestamptz[], %s::timestamptz[],
        %s::integer[], %s::text[], %s::text[], %s::integer[]
    ) AS o (id, attempts, state, due_at, at, status, error, words, ms)
), noted AS (
    INSERT INTO webhooks_attempt (delivery_id, at, status, error, ms)
    SELECT id, at, status, error, ms FROM outcome
), unchanged AS (
    SELECT d.id FROM webhooks_delivery d JOIN outcome o USING (id)
    WHERE d.state = 'due' AND d.attempts = o.attempts
    ORDER BY d.id FOR UPDATE OF d
)
UPDATE webhooks_delivery d
SET attempts = d.attempts + 1, state = o.state, due_at = o.due_at, last_error = o.words,
    sent_at = CASE WHEN o.state = 'sent' THEN o.at END
FROM outcome o JOIN unchanged USING (id) WHERE d.id = o.id
"""


@dataclass(slots=True)
class Taken:
    """An endpoint under this worker's lease, and what is due to it, oldest first."""

    endpoint_id: UUID
    url: str
    secrets: list[str]  # newest first
    failures: int
    slow: bool
    leased_until: datetime
    letters: list[Letter] = field(default_factory=list)


def claim(*, slow: bool, limit: int) -> list[Taken]:
    """Take up to `limit` slow endpoints, or quick ones, for which something is due.

    Those that failed least go first: many dead ones, which wait longest, never keep a new one out.
    """
    moment = now()
    until = moment + LEASE
    values: dict[str, Any] = {"now": moment, "until": until, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {**values, "slow": slow, "slow_ms": SLOW_MS})
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    taken = {
        row.id: Taken(row.id, row.url, [], row.failures, slow, until)
        for row in Endpoint.objects.filter(id__in=ids)
    }
    signing = SigningSecret.objects.filter(endpoint__in=ids)
    signing = signing.filter(Q(signs_until__isnull=True) | Q(signs_until__gt=moment))
    for secret in signing.order_by("-id"):
        taken[secret.endpoint_id].secrets.append(secret.secret)
    # A statement of its own, after the lease: it sees whatever the worker before has written.
    with connection.cursor() as cursor:
        cursor.execute(_LETTERS, [ids, moment, BATCH_MAX])
        for endpoint_id, *letter in cursor.fetchall():
            taken[endpoint_id].letters.append(Letter(*letter))
    return list(taken.values())


def write_down(outcomes: Sequence[tuple[Letter, Outcome]]) -> None:
    """Note the attempts, and bring their deliveries to the state that they lead to."""
    rows = []
    for letter, outcome in outcomes:
        state, due_at = verdict(outcome, attempts=letter.attempts)
        row = [letter.delivery_id, letter.attempts, state.value, due_at, outcome.at]
        rows.append([*row, outcome.status, outcome.error, outcome.words, outcome.ms])
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_DOWN, [list(column) for column in columns])


def release(taken: Taken, *, failures: int, rests: bool, last_ms: int | None) -> None:
    """Give the lease back, with what was learnt; unless it ran out and another has it."""
    learnt: dict[str, Any] = {"failures": failures}
    learnt["rests_until"] = now() + rest(failures) if rests else None
    if last_ms is not None:
        learnt["last_ms"] = last_ms
    Endpoint.objects.filter(id=taken.endpoint_id, leased_until=taken.leased_until).update(
        leased_until=None, **learnt
    )


def disable(endpoint_id: UUID) -> None:
    """The receiver said 410 Gone: nothing is sent there any more."""
    live = Endpoint.objects.filter(id=endpoint_id, state=Endpoint.State.LIVE)
    if live.update(state=Endpoint.State.DISABLED, ended_at=now()):
        end_waiting(endpoint_id)


def end_waiting(endpoint_id: UUID) -> int:
    """End what waits for an endpoint that has ended, at most a batch: nobody sends the rest."""
    waiting = Delivery.objects.filter(endpoint=endpoint_id, state=Delivery.State.DUE)
    with transaction.atomic():
        some = waiting.order_by("id").select_for_update().values("id")[:END_MAX]
        return Delivery.objects.filter(id__in=some).update(state=Delivery.State.ENDED)
