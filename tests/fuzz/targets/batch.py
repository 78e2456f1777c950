"""Batches of interbank messages: `cbdc.protocol.envelope` and `cbdc.protocol.codecs`."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from cbdc.protocol.codecs import ProtocolError, decode, encode, plain
from cbdc.protocol.envelope import Batch, Envelope
from tests.protocol import samples

T = TypeVar("T")


def kinds(data: bytes) -> set[str]:
    """The kinds of the messages in it that can be read."""
    try:
        batch = Batch.from_bytes(data)
    except ProtocolError:
        return set()
    assert _read(Batch.from_bytes, json.dumps(plain(batch)).encode()) == batch
    read = set()
    for envelope in batch.messages:
        try:
            message = decode(envelope.kind, envelope.body)
        except ProtocolError:
            continue
        body = json.loads(json.dumps(_read(encode, message)))
        assert _read(decode, envelope.kind, body) == message
        read.add(envelope.kind)
    return read


def _read(function: Callable[..., T], *arguments: Any) -> T:
    """What must succeed, having succeeded before."""
    try:
        return function(*arguments)
    except ProtocolError as error:
        raise AssertionError("read once, and not a second time") from error


def run(data: bytes) -> bool:
    return bool(kinds(data))


def seeds() -> dict[str, bytes]:
    made = {}
    for number, message in enumerate(samples.MESSAGES):
        envelope = Envelope(samples.ID, message.kind, samples.AT, encode(message))
        made[f"{message.kind}-{number}"] = Batch(samples.ID, (envelope,)).to_bytes()
    other = replace(envelope, message_id=samples.PACS_004.original_payment_id, kind="pacs.999")
    made["two"] = Batch(samples.ID, (envelope, other)).to_bytes()
    return made
