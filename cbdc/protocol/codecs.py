"""Messages to and from JSON values, strictly: what is not exactly a message is refused."""

import json
from typing import Any, TypeVar

import msgspec

from cbdc.protocol.messages import Message

T = TypeVar("T")
KINDS: dict[str, type[Message]] = {cls.kind: cls for cls in Message.__subclasses__()}


class ProtocolError(ValueError):
    """Bytes or values that are no message of this protocol."""


def encode(message: Any) -> dict[str, Any]:
    """The JSON object of a message."""
    values: dict[str, Any] = json.loads(msgspec.json.encode(message))
    return values


def decode(kind: str, body: dict[str, Any]) -> Message:
    """The message of that kind.

    Raises:
        ProtocolError: unknown kind, or a field that is missing, unknown or of another type.
    """
    if kind not in KINDS:
        raise ProtocolError(f"unknown kind: {kind}")
    return convert(body, KINDS[kind])


def convert(values: dict[str, Any], cls: type[T]) -> T:
    """The dataclass of JSON values. What does not encode back to the same values is refused:
    unknown fields, missing ones, other spellings of a UUID or a time.

    Raises:
        ProtocolError: with the first fault.
    """
    try:
        converted = msgspec.convert(values, cls, strict=True)
    except (msgspec.ValidationError, OverflowError) as error:
        raise ProtocolError(str(error)) from error
    if encode(converted) != values:
        raise ProtocolError(f"not exactly a {cls.__name__}")
    return converted
