"""Sending: the outbox row in the business transaction, and the bell after its commit."""

import logging
import time
from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.identifiers import new_id
from cbdc.messaging.models import Nonce, OutboxMessage, Peer, PeerKey
from cbdc.protocol.codecs import encode
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
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("send() belongs into the transaction")
    row = OutboxMessage.objects.create(
        id=message_id or new_id(), to=to, kind=message.kind, body=encode(message)
    )
    _ring_after_commit(to)
    return row.id


def send_many(*, to: str, messages: Sequence[Message]) -> None:
    """`send` for many messages in one statement."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("send_many() belongs into the transaction")
    OutboxMessage.objects.bulk_create(
        [OutboxMessage(to=to, kind=message.kind, body=encode(message)) for message in messages]
    )
    _ring_after_commit(to)


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
    """Ask a worker to deliver to `peer`. Losing the ring loses nothing: the sweep comes."""

    def __init__(self, peer: str) -> None:
        self.peer = peer

    def __call__(self) -> None:
        global _bell_broken_until
        if time.monotonic() < _bell_broken_until:
            return
        from cbdc.messaging.tasks import deliver

        try:
            deliver.delay(self.peer)
        except Exception as error:  # noqa: BLE001 - the payment stands, whatever the broker says
            _bell_broken_until = time.monotonic() + BELL_PAUSE_S
            logger.warning("the doorbell is silent: %s", type(error).__name__)


def _ring_after_commit(peer: str) -> None:
    waiting = (entry[1] for entry in connection.run_on_commit)
    if not any(isinstance(entry, _Ring) and entry.peer == peer for entry in waiting):
        transaction.on_commit(_Ring(peer))
