"""Batches of messages, and the answer to a batch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

import msgspec

from cbdc.protocol.codecs import ProtocolError, convert
from cbdc.strict_json import StrictJsonError, loads_object

MESSAGES_MAX = 1000


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message under way; `message_id` is its identity for ever."""

    message_id: UUID
    kind: str
    created_at: datetime
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """1 to MESSAGES_MAX messages, signed together."""

    batch_id: UUID
    messages: tuple[Envelope, ...]

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises: ProtocolError for anything but a batch."""
        batch = _read(raw, cls)
        if not 1 <= len(batch.messages) <= MESSAGES_MAX:
            raise ProtocolError(f"a batch has 1 to {MESSAGES_MAX} messages")
        return batch


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """What became of one message. Only "failed" is sent again; "rejected" says why."""

    message_id: UUID
    status: Literal["accepted", "duplicate", "rejected", "failed"]
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """One status per message of the batch."""

    batch_id: UUID
    statuses: tuple[MessageStatus, ...]

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises: ProtocolError for anything but a batch's answer."""
        return _read(raw, cls)


def _read(raw: bytes, cls: type) -> Any:
    try:
        return convert(loads_object(raw), cls)
    except StrictJsonError as error:
        raise ProtocolError(str(error)) from error
