"""Batches of messages, and the answer to a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar
from uuid import UUID

import msgspec

from cbdc.clock import rfc3339
from cbdc.protocol.codecs import ProtocolError, convert, plain
from cbdc.protocol.fields import DeliveryStatus, ErrorText, MessageKind
from cbdc.strict_json import StrictJsonError, loads_object

MESSAGES_MAX = 1000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message under way; `message_id` is its identity for ever."""

    message_id: UUID
    kind: MessageKind
    created_at: datetime
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """1 to MESSAGES_MAX messages, signed together."""

    batch_id: UUID
    messages: tuple[Envelope, ...]

    def to_bytes(self) -> bytes:
        """Raises: ProtocolError for an empty or too large batch, or an id that stands twice."""
        _check_ids("messages", self.messages)
        return msgspec.json.encode(plain(self))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises: ProtocolError for anything but a batch. The bodies are not decoded yet."""
        batch = _read(raw, cls)
        _check_ids("messages", batch.messages)
        return batch


def encode_batch(
    batch_id: UUID, messages: Sequence[tuple[UUID, MessageKind, datetime, bytes]]
) -> bytes:
    """The bytes of a batch whose bodies are JSON already: id, kind, time and body of each.

    Raises:
        ProtocolError: an empty or too large batch.
    """
    if not 1 <= len(messages) <= MESSAGES_MAX:
        raise ProtocolError("messages", f"must have 1 to {MESSAGES_MAX} items")
    return msgspec.json.encode(
        {
            "batch_id": str(batch_id),
            "messages": [
                {
                    "message_id": str(message_id),
                    "kind": kind,
                    "created_at": rfc3339(created_at),
                    "body": msgspec.Raw(body),
                }
                for message_id, kind, created_at, body in messages
            ],
        }
    )


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """What became of one message. Only "failed" is sent again; "rejected" says why."""

    message_id: UUID
    status: DeliveryStatus
    code: ErrorText | None = None
    detail: str | None = None  # of any length: an answer must never be refused for its wording


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """One status per message of the batch."""

    batch_id: UUID
    statuses: tuple[MessageStatus, ...]

    def to_bytes(self) -> bytes:
        """Raises: ProtocolError for an empty or too large answer, or an id that stands twice."""
        _check_ids("statuses", self.statuses)
        return msgspec.json.encode(plain(self))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises: ProtocolError for anything but a batch's answer."""
        answer = _read(raw, cls)
        _check_ids("statuses", answer.statuses)
        return answer


def _read(raw: bytes, cls: type[T]) -> T:
    try:
        return convert(loads_object(raw), cls)
    except StrictJsonError as error:
        raise ProtocolError("", str(error)) from error


def _check_ids(field: str, items: Sequence[Envelope | MessageStatus]) -> None:
    if not 1 <= len(items) <= MESSAGES_MAX:
        raise ProtocolError(field, f"must have 1 to {MESSAGES_MAX} items")
    if len({item.message_id for item in items}) != len(items):
        raise ProtocolError(field, "a message id stands twice")
