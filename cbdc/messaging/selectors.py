"""Reads of the directory: who a peer is, and with which keys it signs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.fields.json import KT

from cbdc.clock import now
from cbdc.console import bounded
from cbdc.crypto import keys
from cbdc.institution import CENTRAL_BANK_CODE, Role, this_institution
from cbdc.messaging.lanes import Lane
from cbdc.messaging.models import InboxMessage, Link, OutboxMessage, PeerStatus

Row = TypeVar("Row", bound=Model)
_WAITS = """
SELECT FROM messaging_outboxmessage
WHERE "to" = %(to)s AND lane = %(lane)s AND due_at <= %(now)s
  AND delivered_at IS NULL AND parked_at IS NULL
  AND NOT EXISTS (SELECT FROM messaging_link WHERE peer = %(to)s AND lane = %(lane)s
      AND (awake_until > %(now)s OR retry_at > %(now)s))
LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class PeerInfo:
    """An institution as others see it; `keys` maps a key id to a public key in force."""

    code: str
    number: str
    name: str
    base_url: str
    active: bool
    keys: dict[str, Ed25519PublicKey]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages that wait for their peer, those that people must look at, lanes that fail; each
    counted up to a bound."""

    waiting: int
    parked: int
    failing: int


def backlog() -> Backlog:
    """As of now, in one query."""
    messages = OutboxMessage.objects
    return Backlog(
        *bounded.counts(
            messages.filter(delivered_at__isnull=True, parked_at__isnull=True),
            messages.filter(parked_at__isnull=False, given_up_at__isnull=True),
            Link.objects.filter(failures__gt=0),
        )
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """A message about something, as people read of it.

    `sent` is False for one that came. `at` is when it was made, or came; `done_at` when the peer
    had it, or when it was handled. `key_id` is the key that one which came was checked with.
    """

    id: UUID
    row: str
    sent: bool
    peer: str
    kind: str
    at: datetime
    done_at: datetime | None
    key_id: str = ""
    error: str = ""


LETTERS_MAX = 100  # about one payment, each way; of more, so many of the first and of the last


@dataclass(frozen=True, slots=True)
class Correspondence:
    """Messages in the order of their times. `whole` is false when there are more of them, between
    the first and the last that are here."""

    letters: Sequence[Letter]
    whole: bool


def letters_about(payment_id: UUID) -> Correspondence:
    """The messages that name a payment, however long it took, by their indexes; two queries,
    and two more when there are very many."""
    sent = OutboxMessage.objects.annotate(payment=KT("body__payment_id")).filter(
        lane=Lane.EXPRESS, body__has_key="payment_id", payment=str(payment_id)
    )
    came = InboxMessage.objects.filter(about=payment_id)
    sent_rows, all_sent = _ends(sent)
    came_rows, all_came = _ends(came)
    letters = [
        Letter(
            row.id,
            str(row.pk),
            True,
            row.to,
            row.kind,
            row.created_at,
            row.delivered_at,
            error=row.last_error,
        )
        for row in sent_rows
    ]
    letters += [
        Letter(
            row.message_id,
            str(row.pk),
            False,
            row.sender,
            row.kind,
            row.received_at,
            row.received_at,
            key_id=row.key_id,
        )
        for row in came_rows
    ]
    return Correspondence(sorted(letters, key=lambda letter: letter.at), all_sent and all_came)


def _ends(rows: QuerySet[Row]) -> tuple[list[Row], bool]:
    """The first and the last LETTERS_MAX of them; and whether that is all."""
    first = list(rows.order_by("id")[: LETTERS_MAX + 1])
    if len(first) <= LETTERS_MAX:
        return first, True
    last = list(rows.order_by("-id")[:LETTERS_MAX])
    kept = {row.pk: row for row in (*first[:LETTERS_MAX], *last)}
    return list(kept.values()), first[LETTERS_MAX].pk in kept


_PEERS = """
SELECT p.code, p.number, p.name, p.base_url, p.status,
    k.key_id, k.public_key, k.valid_from, k.valid_to
FROM messaging_peer p LEFT JOIN messaging_peerkey k ON k.peer_id = p.code
WHERE p.code = %(code)s OR %(code)s IS NULL ORDER BY p.number, k.key_id
"""
_public = lru_cache(maxsize=256)(keys.public_from_raw)


def peer(code: str) -> PeerInfo | None:
    """The peer of that code, or None.

    The central bank's directory is in its database. A bank knows one peer, the central
    bank, from its settings: HTTP is a star (DESIGN section 2).
    """
    if this_institution().role is Role.COMMERCIAL_BANK:
        return _central_bank() if code == CENTRAL_BANK_CODE else None
    rows = _peer_rows(code)
    return _info(rows) if rows else None


def peers() -> list[PeerInfo]:
    """Every institution of the directory, suspended ones included, by number."""
    rows = _peer_rows(None)
    return [_info(list(group)) for _, group in groupby(rows, key=lambda row: row[0])]


def lanes_with_due_messages() -> list[tuple[str, Lane]]:
    """The lanes, as (peer, lane), in which something is due; not those that rest."""
    moment = now()
    due = OutboxMessage.objects.filter(
        delivered_at__isnull=True, parked_at__isnull=True, due_at__lte=moment
    )
    resting = set(Link.objects.filter(retry_at__gt=moment).values_list("peer", "lane"))
    places = set(due.order_by().values_list("to", "lane").distinct())
    return [(to, Lane(lane)) for to, lane in sorted(places - resting)]


def waits(to: str, lane: Lane) -> bool:
    """Whether something is due in a lane that neither rests nor is being delivered."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, {"to": to, "lane": lane.value, "now": now()})
        return bool(cursor.rowcount)


def codes_with_due_messages() -> list[str]:
    """The peers that something is due for; not those that rest in every lane of it."""
    return sorted({to for to, _ in lanes_with_due_messages()})


def on_their_way(message_ids: Collection[UUID]) -> set[UUID]:
    """Those of our messages that their recipient is not known to have yet."""
    waiting = OutboxMessage.objects.filter(id__in=message_ids, delivered_at__isnull=True)
    return set(waiting.values_list("id", flat=True))


def _peer_rows(code: str | None) -> list[tuple[Any, ...]]:
    """Asked at every exchange: one statement, and no model."""
    with connection.cursor() as cursor:
        cursor.execute(_PEERS, {"code": code})
        return list(cursor.fetchall())


def _info(rows: Sequence[tuple[Any, ...]]) -> PeerInfo:
    """Of the rows of one peer, one for each of its keys."""
    moment = now()
    in_force = {
        key_id: _public(raw)
        for *_, key_id, raw, valid_from, valid_to in rows
        if key_id is not None and valid_from <= moment and (valid_to is None or moment < valid_to)
    }
    code, number, name, base_url, status = rows[0][:5]
    return PeerInfo(code, number, name, base_url, status == PeerStatus.ACTIVE, in_force)


def _central_bank() -> PeerInfo:
    public = _public(settings.CENTRAL_BANK_PUBLIC_KEY)
    return PeerInfo(
        code=CENTRAL_BANK_CODE,
        number="0001",
        name="Central Bank",
        base_url=settings.CENTRAL_BANK_URL,
        active=True,
        keys={keys.key_id(public): public},
    )
