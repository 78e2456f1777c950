"""Handling what came in: each message id has one effect (INV-4), committed with the id.

Messages of one kind are handled together when their handler can, in transactions of at most
TOGETHER_MAX. When that fails, each is handled alone, so that one bad message harms no other.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from cbdc.clock import now
from cbdc.errors import Problem
from cbdc.identifiers import parse_uuid
from cbdc.institution import this_institution
from cbdc.messaging.handlers import BatchHandler, Received, batch_handler_of, handler_of
from cbdc.protocol.codecs import ProtocolError, decode
from cbdc.protocol.envelope import Envelope, MessageStatus
from cbdc.protocol.messages import Message

logger = logging.getLogger(__name__)
PAYMENT_FIELD = "payment_id"  # of the messages about one
TOGETHER_MAX = 250  # messages in one transaction: what it locks, others wait for

_REMEMBER = """
INSERT INTO messaging_inboxmessage (sender, key_id, message_id, about, kind, received_at)
SELECT %s, %s, message_id, about, %s, %s
FROM unnest(%s::uuid[], %s::uuid[]) AS batch (message_id, about)
ON CONFLICT DO NOTHING RETURNING message_id
"""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who sent a batch, and the key that its signature was checked with."""

    code: str
    key_id: str = ""


def handle_batch(envelopes: Sequence[Envelope], signer: Signer) -> tuple[MessageStatus, ...]:
    """What became of each message, in the order in which they came."""
    role = this_institution().role
    by_kind: dict[str, list[Envelope]] = {}
    for envelope in envelopes:
        by_kind.setdefault(envelope.kind, []).append(envelope)
    statuses: list[MessageStatus] = []
    for kind, group in by_kind.items():
        together = batch_handler_of(role, kind)
        if together is None or len(group) == 1:
            statuses += [_handle_once(envelope, signer) for envelope in group]
            continue
        for first in range(0, len(group), TOGETHER_MAX):
            statuses += _handle_together(group[first : first + TOGETHER_MAX], signer, together)
    of = {status.message_id: status for status in statuses}
    return tuple(of[envelope.message_id] for envelope in envelopes)


def _handle_together(
    group: Sequence[Envelope], signer: Signer, handler: BatchHandler
) -> list[MessageStatus]:
    received: list[Received[Message]] = []
    statuses: list[MessageStatus] = []
    for envelope in group:
        try:
            message = decode(envelope.kind, envelope.body)
        except ProtocolError as error:
            statuses.append(_status(envelope, "rejected", "validation_failed", str(error)))
        else:
            received.append(Received(message, envelope.message_id))
    of = {envelope.message_id: envelope for envelope in group}
    try:
        with transaction.atomic():
            new = _remember([of[item.message_id] for item in received], signer)
            fresh = [item for item in received if item.message_id in new]
            problems = handler(fresh, sender=signer.code) if fresh else []
            refused = {
                item.message_id: problem
                for item, problem in zip(fresh, problems, strict=True)
                if problem is not None
            }
            _forget(list(refused), signer.code)
    except Exception:
        logger.exception("%d %s of %s: now one by one", len(group), group[0].kind, signer.code)
        return [_handle_once(envelope, signer) for envelope in group]
    for item in received:
        envelope = of[item.message_id]
        if item.message_id not in new:
            statuses.append(_status(envelope, "duplicate"))
        elif problem := refused.get(item.message_id):
            statuses.append(_refusal(envelope, problem))
        else:
            statuses.append(_status(envelope, "accepted"))
    return statuses


def _handle_once(envelope: Envelope, signer: Signer) -> MessageStatus:
    """One message in a transaction of its own."""
    handler = handler_of(this_institution().role, envelope.kind)
    if handler is None:
        return _status(envelope, "rejected", "validation_failed", f"no use for {envelope.kind}")
    try:
        with transaction.atomic():
            if not _remember([envelope], signer):
                return _status(envelope, "duplicate")
            handler(
                decode(envelope.kind, envelope.body),
                sender=signer.code,
                message_id=envelope.message_id,
            )
    except ProtocolError as error:
        return _status(envelope, "rejected", "validation_failed", str(error))
    except Problem as problem:
        return _refusal(envelope, problem)
    except Exception:
        logger.exception("%s %s of %s failed", envelope.kind, envelope.message_id, signer.code)
        return _status(envelope, "failed")
    return _status(envelope, "accepted")


def _refusal(envelope: Envelope, problem: Problem) -> MessageStatus:
    return _status(envelope, "rejected", problem.error.code, problem.detail)


def _status(
    envelope: Envelope, status: str, code: str | None = None, detail: str | None = None
) -> MessageStatus:
    return MessageStatus(envelope.message_id, status, code, detail)


def _remember(envelopes: Sequence[Envelope], signer: Signer) -> set[UUID]:
    """Record messages of one kind; the ids of those that were new. One that another worker
    handles now is waited for.

    In order, so that two workers with the same messages never wait for one another.
    """
    if not envelopes:
        return set()
    ordered = sorted(envelopes, key=lambda envelope: envelope.message_id)
    ids = [envelope.message_id for envelope in ordered]
    abouts = [_about(envelope.body) for envelope in ordered]
    values: list[Any] = [signer.code, signer.key_id, ordered[0].kind, now(), ids, abouts]
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, values)
        return {row[0] for row in cursor.fetchall()}


def _about(body: Mapping[str, Any]) -> UUID | None:
    """The payment that a message names, so that the console finds it again.

    None for a malformed name too: what is wrong with a body is said when it is decoded.
    """
    named = body.get(PAYMENT_FIELD)
    try:
        return parse_uuid(named) if isinstance(named, str) else None
    except ValueError:
        return None


def _forget(ids: Sequence[UUID], sender: str) -> None:
    """A refusal leaves no trace: the same message, sent again by a person, is decided anew."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM messaging_inboxmessage WHERE sender = %s AND message_id = ANY(%s)",
                [sender, list(ids)],
            )
