"""What owners do with their endpoints, and telling these what happened."""

import re
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.db.models import QuerySet

from cbdc.api.schema import refuse
from cbdc.clock import now, rfc3339
from cbdc.errors import ErrorCode, FieldError, Problem
from wallets.webhooks import guard
from wallets.webhooks.bell import ring
from wallets.webhooks.models import EVENT_LENGTH_MAX, Delivery, Endpoint, SigningSecret
from wallets.webhooks.queue import end_waiting
from wallets.webhooks.selectors import endpoint_of
from wallets.webhooks.sending import new_secret

ENDPOINTS_MAX = 16  # live ones of an owner
EVENTS_MAX = 32  # of an endpoint
ROTATION_OVERLAP = timedelta(hours=24)
SECRETS_MAX = 4  # that sign at a time: who rotates more often loses the oldest at once
REDELIVER_MAX = 10_000  # deliveries of a call

_LOCK = 0x57484F4F  # "WHOO"
_EVENT = re.compile(r"[a-z_]+(?:\.[a-z_]+)*", re.ASCII)
_EMIT = """
INSERT INTO webhooks_delivery
    (endpoint_id, event, event_id, body, state, attempts, created_at, began_at, due_at, last_error)
SELECT id, %(event)s, %(event_id)s, %(body)s, 'due', 0, %(now)s, %(now)s, %(now)s, ''
FROM webhooks_endpoint
WHERE owner_id = %(owner_id)s AND state = 'live' AND %(event)s = ANY(events)
ON CONFLICT DO NOTHING
"""


def register_endpoint(*, owner_id: UUID, url: str, events: Sequence[str]) -> tuple[Endpoint, str]:
    """`check_endpoint`, then `keep_endpoint`.

    Raises:
        Problem: validation_failed.
    """
    check_endpoint(url=url, events=events)
    return keep_endpoint(owner_id=owner_id, url=url, events=events)


def check_endpoint(*, url: str, events: Sequence[str]) -> None:
    """Whether events may be sent there; looks the host up, for seconds at most.

    So it is called before a transaction, never in one.

    Raises:
        Problem: validation_failed for a URL that the guard refuses, and events that are none.
    """
    faults = []
    try:
        guard.check(url)
    except guard.Refused as refused:
        faults.append(FieldError("url", "invalid", refused.detail))
    named = all(_EVENT.fullmatch(name) and len(name) <= EVENT_LENGTH_MAX for name in events)
    if not (named and 1 <= len(events) <= EVENTS_MAX):
        faults.append(FieldError("events", "invalid", f"Must name 1 to {EVENTS_MAX} events."))
    if faults:
        raise refuse(faults)


def keep_endpoint(*, owner_id: UUID, url: str, events: Sequence[str]) -> tuple[Endpoint, str]:
    """An endpoint that was checked, and its secret `whsec_…`, shown this once.

    Raises:
        Problem: validation_failed for an owner with 16 live endpoints.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:  # of two calls of an owner one counts after the other
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, str(owner_id)])
        live = Endpoint.objects.filter(owner_id=owner_id, state=Endpoint.State.LIVE)
        if live.count() >= ENDPOINTS_MAX:
            raise refuse(
                [FieldError("url", "too_many", f"There are {ENDPOINTS_MAX} endpoints already.")]
            )
        endpoint = Endpoint.objects.create(
            owner_id=owner_id, url=url, events=list(dict.fromkeys(events))
        )
        return endpoint, _sign_with_a_new_one(endpoint)


def remove_endpoint(*, owner_id: UUID, endpoint_id: UUID) -> None:
    """Send nothing there any more. What waits for it ends.

    Raises:
        Problem: not_found.
    """
    with transaction.atomic():
        endpoint = endpoint_of(owner_id, endpoint_id)
        Endpoint.objects.filter(id=endpoint.id).update(state=Endpoint.State.REMOVED, ended_at=now())
        SigningSecret.objects.filter(endpoint=endpoint).delete()
        end_waiting(endpoint.id)


def rotate_secret(*, owner_id: UUID, endpoint_id: UUID) -> str:
    """A new secret `whsec_…`, shown this once. The one before signs too, for 24 hours.

    Raises:
        Problem: not_found.
    """
    with transaction.atomic():
        endpoint = endpoint_of(owner_id, endpoint_id)
        # Of two calls one comes after the other. The queue's worker is not in the way.
        Endpoint.objects.select_for_update(no_key=True).get(id=endpoint.id)
        secrets = SigningSecret.objects.filter(endpoint=endpoint)
        secrets.filter(signs_until=None).update(signs_until=now() + ROTATION_OVERLAP)
        kept = secrets.filter(signs_until__gt=now()).order_by("-id")[: SECRETS_MAX - 1]
        secrets.exclude(id__in=[secret.id for secret in kept]).delete()
        return _sign_with_a_new_one(endpoint)


def emit(*, owner_id: UUID, event: str, event_id: UUID, data: dict[str, object]) -> None:
    """Tell, in the caller's transaction, each live endpoint of the owner that wants this event.

    `event_id` is the event's for ever: a second call with it does nothing.
    """
    moment = now()
    body = msgspec.json.encode({"type": event, "timestamp": rfc3339(moment), "data": data})
    values: dict[str, Any] = {"event": event, "event_id": event_id, "body": body.decode()}
    with connection.cursor() as cursor:
        cursor.execute(_EMIT, {**values, "owner_id": owner_id, "now": moment})
        told = cursor.rowcount
    if told:
        transaction.on_commit(ring)


def redeliver(*, owner_id: UUID, endpoint_id: UUID, event_id: UUID | None = None) -> int:
    """Send one event again, or all that were given up, oldest first; how many.

    They keep their ids and bytes, and begin anew with their retries.

    Raises:
        Problem: not_found, also for an event that this endpoint was never told of;
            validation_failed for an endpoint that has answered 410 Gone.
    """
    endpoint = endpoint_of(owner_id, endpoint_id)
    if endpoint.state != Endpoint.State.LIVE:
        gone = "It answered 410 Gone: register it again."
        raise refuse([FieldError("endpoint_id", "disabled", gone)])
    deliveries = Delivery.objects.filter(endpoint=endpoint)
    if event_id is None:
        return _again(deliveries.filter(state=Delivery.State.GIVEN_UP))
    if again := _again(deliveries.filter(event_id=event_id)):
        return again
    raise Problem(ErrorCode.NOT_FOUND)


def send_again(delivery_ids: Collection[int]) -> int:
    """`redeliver` for staff: those of these that were sent or given up, to endpoints that live."""
    over = [Delivery.State.SENT, Delivery.State.GIVEN_UP]
    return _again(
        Delivery.objects.filter(
            id__in=delivery_ids, state__in=over, endpoint__state=Endpoint.State.LIVE
        )
    )


def _again(deliveries: QuerySet[Delivery]) -> int:
    moment = now()
    with transaction.atomic():
        some = deliveries.order_by("id").select_for_update(of=("self",)).values("id")
        number = Delivery.objects.filter(id__in=some[:REDELIVER_MAX]).update(
            state=Delivery.State.DUE, attempts=0, began_at=moment, due_at=moment, sent_at=None
        )
        if number:
            transaction.on_commit(ring)
    return number


def _sign_with_a_new_one(endpoint: Endpoint) -> str:
    secret = new_secret()
    SigningSecret.objects.create(endpoint=endpoint, secret=secret)
    return secret
