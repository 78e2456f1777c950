"""Calls of the engine: prepared statements, arrays in PostgreSQL's binary form.

psycopg adapts lists value by value, and Django writes them into the text of the statement; for
a batch of thousands that costs as much as the engine itself. Layout of a binary array: number of
dimensions, flag for NULLs, element type; per dimension its length and lower bound; then each
element after its length (`array_recv` in PostgreSQL's arrayfuncs.c).
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_UUID, _BIGINT, _SMALLINT, _TIMESTAMPTZ = 2950, 20, 21, 1184  # types, as pg_type numbers them
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = struct.pack(">i", -1)
_LENGTH_16 = struct.pack(">i", 16)


class BinaryArray(bytes):
    """An array parameter, encoded."""


class UuidArray(BinaryArray):
    """uuid[]"""


class BigintArray(BinaryArray):
    """bigint[]"""


class SmallintArray(BinaryArray):
    """smallint[]"""


class TimestamptzArray(BinaryArray):
    """timestamptz[]"""


_ARRAY_TYPES: dict[type[BinaryArray], int] = {
    UuidArray: 2951,
    BigintArray: 1016,
    SmallintArray: 1005,
    TimestamptzArray: 1185,
}


class _AsIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> Buffer:
        return obj


_DUMPERS: dict[type[BinaryArray], type[_AsIs]] = {
    array: type(f"{array.__name__}Dumper", (_AsIs,), {"oid": oid})
    for array, oid in _ARRAY_TYPES.items()
}


def uuids(values: Sequence[UUID | None]) -> UuidArray:
    """Encode a uuid[]."""
    if None in values:
        elements = [_NULL if v is None else _LENGTH_16 + v.bytes for v in values]
        return UuidArray(_header(_UUID, len(values), has_nulls=True) + b"".join(elements))
    body = _LENGTH_16.join([v.bytes for v in values])  # type: ignore[union-attr]
    return UuidArray(_header(_UUID, len(values)) + _LENGTH_16 + body)


def bigints(values: Sequence[int]) -> BigintArray:
    """Encode a bigint[].

    Raises:
        OverflowError: a value that is none.
    """
    return BigintArray(_header(_BIGINT, len(values)) + _integers("q", 8, values))


def smallints(values: Sequence[int | None]) -> SmallintArray:
    """Encode a smallint[].

    Raises:
        OverflowError: a value that is none.
    """
    if None in values:
        elements = [_NULL if v is None else struct.pack(">ih", 2, v) for v in values]
        return SmallintArray(_header(_SMALLINT, len(values), has_nulls=True) + b"".join(elements))
    return SmallintArray(_header(_SMALLINT, len(values)) + _integers("h", 2, values))


def timestamps(values: Sequence[datetime | None]) -> TimestamptzArray:
    """Encode a timestamptz[]: microseconds since 2000."""
    if None in values:
        elements = [_NULL if v is None else struct.pack(">iq", 8, _micros(v)) for v in values]
        header = _header(_TIMESTAMPTZ, len(values), has_nulls=True)
        return TimestamptzArray(header + b"".join(elements))
    known: dict[int, int] = {}  # a batch often has one moment, as one object, many times
    micros = []
    for value in values:
        key = id(value)
        if key not in known:
            known[key] = _micros(value)  # type: ignore[arg-type]
        micros.append(known[key])
    return TimestamptzArray(_header(_TIMESTAMPTZ, len(values)) + _integers("q", 8, micros))


def call(statement: str, parameters: Sequence[Any]) -> Any:
    """The one value that a prepared statement answers, in the caller's transaction or its own."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw: psycopg.Connection[Any] = connection.connection
        with psycopg.Cursor(raw) as cursor:
            for array, dumper in _DUMPERS.items():
                cursor.adapters.register_dumper(array, dumper)
            cursor.execute(statement, parameters, prepare=True)
            row = cursor.fetchone()
    return row[0] if row else None


def _header(element: int, length: int, *, has_nulls: bool = False) -> bytes:
    return struct.pack(">iiIii", 1, has_nulls, element, length, 1)


def _integers(code: str, size: int, values: Sequence[int | None]) -> bytes:
    try:
        pairs = chain.from_iterable(zip(repeat(size), values, strict=False))
        return struct.pack(">" + f"i{code}" * len(values), *pairs)
    except struct.error as error:
        raise OverflowError(f"an integer that does not fit {size} bytes") from error


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
