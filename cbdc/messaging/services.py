"""Sending: the outbox row in the business transaction, and the bell after its commit."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.identifiers import new_id
from cbdc.messaging.lanes import Lane, lane_of
from cbdc.messaging.models import Link, Nonce, OutboxMessage, Peer, PeerKey
from cbdc.messaging.outbox import Letter, write, write_rows
from cbdc.protocol.messages import Message

logger = logging.getLogger(__name__)
BELL_PAUSE_S = 2.0  # after a ring that failed; the sweep finds what was not rung for

_bell_broken_until = 0.0


def send(*, to: str, message: Message, message_id: UUID | None = None) -> UUID:
    """Write a message into the outbox of this transaction; returns its id.

    The message exists exactly if the transaction commits. Call it inside `atomic`.

    Raises:
        TransactionManagementError: outside a transaction.
    """
    letter = Letter(message_id or new_id(), to, message)
    post([letter])
    return letter.id


def send_many(*, to: str, messages: Sequence[Message]) -> None:
    """`send` for many messages to one peer, in one statement."""
    post([Letter(new_id(), to, message) for message in messages])


def send_each(messages: Sequence[tuple[str, Message]]) -> None:
    """`send` for many messages, each with its recipient before it, in one statement."""
    post([Letter(new_id(), to, message) for to, message in messages])


@dataclass(frozen=True, slots=True)
class Ready:
    """A message whose JSON was made already, with the id that its sender chose."""

    id: UUID
    body: str


def send_ready(*, to: str, kind: str, messages: Sequence[Ready]) -> None:
    """`send` for what the database wrote as JSON: too much to take apart and check again.

    The caller vouches for the form; the recipient checks it as ever.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("messages belong into the transaction")
    quiet = write_rows([(message.id, to, kind, message.body) for message in messages])
    if (to, lane_of(kind)) not in quiet:
        ring_after_commit(to, lane_of(kind))


def post(letters: Sequence[Letter]) -> None:
    """Write letters into the outbox of this transaction.

    Raises:
        TransactionManagementError: outside a transaction.
    """
    if not letters:
        return
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("messages belong into the transaction")
    quiet = write(letters)
    for to, lane in {(letter.to, lane_of(letter.message.kind)) for letter in letters} - quiet:
        ring_after_commit(to, lane)


def send_again(ids: Sequence[UUID]) -> int:
    """Put parked messages back into their queues; returns how many. They keep their ids."""
    parked = OutboxMessage.objects.filter(
        id__in=ids, parked_at__isnull=False, given_up_at__isnull=True
    )
    with transaction.atomic():
        places = set(parked.values_list("to", "lane"))
        number = parked.update(parked_at=None, attempts=0, due_at=now())
        for to, lane in places:
            ring_after_commit(to, Lane(lane))
    return number


def try_now(links: Sequence[int]) -> None:
    """End the rest of lanes whose peer did not answer, by their ids, and ring."""
    with transaction.atomic():
        for row in Link.objects.select_for_update().filter(id__in=links).order_by("id"):
            Link.objects.filter(id=row.id).update(retry_at=None)
            ring_after_commit(row.peer, Lane(row.lane))


def upsert_peer(*, code: str, number: str, name: str, base_url: str, public_key: str) -> Peer:
    """Enter an institution, or change its name and address; its key is added to its keys."""
    peer, _ = Peer.objects.update_or_create(
        code=code, defaults={"number": number, "name": name, "base_url": base_url}
    )
    PeerKey.objects.get_or_create(
        key_id=keys.key_id(keys.public_from_raw(public_key)),
        defaults={"peer": peer, "public_key": public_key},
    )
    return peer


def purge_nonces() -> int:
    """Forget the nonces whose signatures have expired; returns how many."""
    return Nonce.objects.filter(expires_at__lt=now()).delete()[0]


class _Ring:
    """Ask a worker to deliver a lane. Losing the ring loses nothing: the sweep comes."""

    def __init__(self, peer: str, lane: Lane) -> None:
        self.place = (peer, lane)

    def __call__(self) -> None:
        global _bell_broken_until
        if time.monotonic() < _bell_broken_until:
            return
        from cbdc.messaging.tasks import deliver

        peer, lane = self.place
        try:
            deliver.delay(peer, lane.value)
        except Exception as error:  # noqa: BLE001 - the payment stands, whatever the broker says
            _bell_broken_until = time.monotonic() + BELL_PAUSE_S
            logger.warning("the doorbell is silent: %s", type(error).__name__)


def ring_after_commit(peer: str, lane: Lane) -> None:
    """Ring once for a lane when this transaction has committed."""
    place = (peer, lane)
    waiting = (entry[1] for entry in connection.run_on_commit)
    if not any(isinstance(entry, _Ring) and entry.place == place for entry in waiting):
        transaction.on_commit(_Ring(peer, lane))
