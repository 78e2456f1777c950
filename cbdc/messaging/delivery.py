"""Delivering the outbox: claim in a short transaction, send without one, record in another."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests
from django.db import connection, transaction
from django.db.models import F, Q

from cbdc.clock import now
from cbdc.crypto.http_signatures import (
    INTERBANK_COMPONENTS,
    SIGNATURE_WINDOW_S,
    SignatureError,
    sign_request,
    verify_response,
)
from cbdc.identifiers import new_id
from cbdc.messaging.identity import own_key, own_keyid
from cbdc.messaging.models import OutboxMessage
from cbdc.messaging.selectors import PeerInfo, peer
from cbdc.protocol.codecs import ProtocolError
from cbdc.protocol.envelope import Batch, BatchAnswer, Envelope

logger = logging.getLogger(__name__)
PATH = "/interbank/v1/messages"
BATCH_MAX = 500
LEASE_S = 30.0  # above the HTTP timeout: two workers never send one row at once
HTTP_TIMEOUT_S = (2.0, 10.0)  # connect, read
BACKOFF_FIRST_S = 0.25
BACKOFF_MAX_S = 15.0


class DeliveryError(Exception):
    """The peer did not take the batch; every message of it stays due."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Transport = Callable[[str, Mapping[str, str], bytes], HttpAnswer]
_session = requests.Session()


def _over_http(url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
    """POST, following no redirect.

    Raises:
        DeliveryError: no answer.
    """
    try:
        answer = _session.post(
            url, data=body, headers=dict(headers), timeout=HTTP_TIMEOUT_S, allow_redirects=False
        )
    except requests.RequestException as error:
        raise DeliveryError(type(error).__name__) from error
    lower = {name.lower(): value for name, value in answer.headers.items()}
    return HttpAnswer(answer.status_code, lower, answer.content)


_transport: Transport = _over_http


def set_transport(transport: Transport | None) -> None:
    """Send through `transport(url, headers, body)` instead of HTTP; None restores HTTP."""
    global _transport
    _transport = transport or _over_http


def deliver_due(to: str) -> int:
    """Send what is due to one peer, batch after batch; returns how many it now has.

    Stops at the first batch that the peer does not take.
    """
    recipient = peer(to)
    if recipient is None:
        logger.error("messages are due to %s, which is no peer", to)
        return 0
    delivered = 0
    while claimed := _claim(to):
        try:
            answer = _exchange(recipient, claimed)
        except DeliveryError as error:
            _postpone(claimed, str(error))
            logger.info("%d messages to %s wait: %s", len(claimed), to, error)
            break
        delivered += _record(claimed, answer)
    return delivered


def _claim(to: str) -> list[OutboxMessage]:
    """Lease due rows, oldest first, past those that another worker has."""
    moment = now()
    due = OutboxMessage.objects.filter(
        to=to, due_at__lte=moment, delivered_at__isnull=True, parked_at__isnull=True
    )
    with transaction.atomic():
        rows = list(due.order_by("id").select_for_update(skip_locked=True)[:BATCH_MAX])
        OutboxMessage.objects.filter(id__in=[row.id for row in rows]).update(
            due_at=moment + timedelta(seconds=LEASE_S), attempts=F("attempts") + 1
        )
    return rows


def _exchange(recipient: PeerInfo, rows: list[OutboxMessage]) -> BatchAnswer:
    """Send one signed batch and check that its answer is signed, and answers it.

    Raises:
        DeliveryError: refused, unreachable, or an answer that proves nothing.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a transaction is never open across HTTP")
    batch = Batch(
        batch_id=new_id(),
        messages=tuple(
            Envelope(message_id=row.id, kind=row.kind, created_at=row.created_at, body=row.body)
            for row in rows
        ),
    )
    body = batch.to_bytes()
    created = int(now().timestamp())
    headers = {"content-type": "application/json"}
    headers |= sign_request(
        method="POST",
        path=PATH,
        authority=urlsplit(recipient.base_url).netloc,
        headers=headers,
        body=body,
        key=own_key(),
        keyid=own_keyid(),
        components=INTERBANK_COMPONENTS,
        created=created,
        expires=created + SIGNATURE_WINDOW_S,
        nonce=str(batch.batch_id),
    )
    answer = _transport(recipient.base_url + PATH, headers, body)
    if answer.status != 200:
        raise DeliveryError(f"HTTP {answer.status}: {answer.body[:200]!r}")
    try:
        verify_response(
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            resolve_key=lambda keyid: _key_of(recipient, keyid),
            request_signature=_header(headers, "signature"),
            now=int(now().timestamp()),
        )
        statuses = BatchAnswer.from_bytes(answer.body)
    except (SignatureError, ProtocolError) as error:
        raise DeliveryError(f"the answer proves nothing: {error}") from error
    if statuses.batch_id != batch.batch_id:
        raise DeliveryError("the answer is to another batch")
    return statuses


def _key_of(recipient: PeerInfo, keyid: str):  # type: ignore[no-untyped-def]
    code, _, key_id = keyid.partition("#")
    return recipient.keys.get(key_id) if code == recipient.code else None


def _header(headers: Mapping[str, str], name: str) -> str:
    return next(value for key, value in headers.items() if key.lower() == name)


def _record(rows: list[OutboxMessage], answer: BatchAnswer) -> int:
    """Write down what the peer said of each message."""
    said = {status.message_id: status for status in answer.statuses}
    moment = now()
    done, failed = [], []
    for row in rows:
        status = said.get(row.id)
        if status is None or status.status == "failed":
            failed.append(row)
        elif status.status == "rejected":
            row.last_error = f"{status.code}: {status.detail}"[:500]
            logger.error("%s rejected %s %s: %s", row.to, row.kind, row.id, row.last_error)
            OutboxMessage.objects.filter(id=row.id).update(
                parked_at=moment, last_error=row.last_error
            )
        else:
            done.append(row.id)
    OutboxMessage.objects.filter(id__in=done).update(delivered_at=moment)
    _postpone(failed, "the peer could not handle it yet")
    return len(done)


def _postpone(rows: list[OutboxMessage], error: str) -> None:
    """Give the leases back, each row due again after its own back-off."""
    for attempts in {row.attempts for row in rows}:
        ids = [row.id for row in rows if row.attempts == attempts]
        OutboxMessage.objects.filter(Q(id__in=ids), delivered_at__isnull=True).update(
            due_at=_next_try(attempts), last_error=error[:500]
        )


def _next_try(attempts: int) -> datetime:
    pause_s = min(BACKOFF_FIRST_S * 2 ** min(attempts, 10), BACKOFF_MAX_S)
    return now() + timedelta(seconds=pause_s)
