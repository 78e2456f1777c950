"""Messages to and from JSON values, strictly: what is not exactly a message is refused."""

import re
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from cbdc.clock import parse_rfc3339, rfc3339
from cbdc.identifiers import parse_uuid
from cbdc.protocol.fields import ITEMS_MAX, Rule
from cbdc.protocol.messages import MESSAGES, Message

T = TypeVar("T")
Reader = Callable[[Any, str], Any]
KINDS: dict[str, type[Message]] = {cls.kind: cls for cls in MESSAGES}

_UNSAFE = re.compile("[\\x00\\ud800-\\udfff]")  # PostgreSQL and UTF-8 cannot hold them
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z", re.A)


class ProtocolError(ValueError):
    """Bytes or values that are no message of this protocol. `field` is "" for the whole."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}" if field else detail)
        self.field = field
        self.detail = detail


def encode(message: Message) -> dict[str, Any]:
    """The JSON object of a message.

    Raises:
        ProtocolError: the message would not be taken by `decode`.
    """
    values: dict[str, Any] = plain(message)
    convert(values, type(message))
    return values


def decode(kind: str, body: dict[str, Any]) -> Message:
    """The message of that kind.

    Raises:
        ProtocolError: unknown kind, or a field that is missing, unknown, of another type or
            out of its range. No coercion; a UUID and a time have one spelling.
    """
    if kind not in KINDS:
        raise ProtocolError("kind", "unknown")
    return convert(body, KINDS[kind])


def convert(values: object, cls: type[T]) -> T:
    """The dataclass of JSON values, by the types of its fields.

    Raises:
        ProtocolError: with the first fault.
    """
    hint: Any = cls
    converted: T = _reader(hint)(values, "")
    return converted


def plain(value: Any) -> Any:
    """The JSON values of a dataclass, unchecked. Times are written with microseconds, in UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ProtocolError("", "a time without an offset")
        return rfc3339(value)
    return value.value if isinstance(value, Enum) else value


@cache
def _reader(hint: Any) -> Reader:
    """What reads a value of that type; built once per type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _ruled(_reader(arguments[0]), arguments[1:])
    if origin in (Union, types.UnionType):
        return _optional(next(item for item in arguments if item is not types.NoneType))
    if origin is tuple:
        return _list_of(_reader(arguments[0]))
    if origin is dict:
        return _object
    if is_dataclass(hint):
        return _dataclass(hint)
    return _SCALARS[hint]


def _dataclass(cls: Any) -> Reader:
    hints = get_type_hints(cls, include_extras=True)
    readers = {item.name: _reader(hints[item.name]) for item in fields(cls)}

    def read(value: Any, at: str) -> Any:
        _object(value, at)
        prefix = f"{at}." if at else ""
        for name in value:
            if name not in readers:
                raise ProtocolError(at, f"unknown field {ascii(name)[:66]}")
        for name in readers:
            if name not in value:
                raise ProtocolError(prefix + name, "required")
        return cls(**{name: reader(value[name], prefix + name) for name, reader in readers.items()})

    return read


def _ruled(reader: Reader, rules: tuple[Rule, ...]) -> Reader:
    def read(value: Any, at: str) -> Any:
        result = reader(value, at)
        for rule in rules:
            if not rule.test(result):
                raise ProtocolError(at, f"must be {rule.says}")
        return result

    return read


def _optional(hint: Any) -> Reader:
    reader = _reader(hint)
    return lambda value, at: None if value is None else reader(value, at)


def _list_of(reader: Reader) -> Reader:
    def read(value: Any, at: str) -> tuple[Any, ...]:
        if type(value) is not list:
            raise ProtocolError(at, "must be a list")
        if len(value) > ITEMS_MAX:
            raise ProtocolError(at, f"must have at most {ITEMS_MAX} items")
        return tuple(reader(item, f"{at}[{number}]") for number, item in enumerate(value))

    return read


def _object(value: Any, at: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise ProtocolError(at, "must be an object")
    return value


def _text(value: Any, at: str) -> str:
    if type(value) is not str:
        raise ProtocolError(at, "must be a string")
    if _UNSAFE.search(value):
        raise ProtocolError(at, "must be free of NUL and lone surrogates")
    return value


def _integer(value: Any, at: str) -> int:
    if type(value) is not int:  # neither bool nor float
        raise ProtocolError(at, "must be an integer")
    return value


def _uuid(value: Any, at: str) -> UUID:
    try:
        return parse_uuid(_text(value, at))
    except ProtocolError:
        raise
    except ValueError as error:
        raise ProtocolError(at, "must be a lower-case hyphenated UUID") from error


def _time(value: Any, at: str) -> datetime:
    try:
        if _TIME.fullmatch(_text(value, at)):
            return parse_rfc3339(value)
    except ProtocolError:
        raise
    except ValueError as error:
        raise ProtocolError(at, "must be a time that exists") from error
    raise ProtocolError(at, "must be an RFC 3339 time in UTC, with Z")


_SCALARS: dict[Any, Reader] = {str: _text, int: _integer, UUID: _uuid, datetime: _time}
