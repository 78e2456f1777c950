"""Mutating inputs without a fuzzer: small accidents, values of JSON put in place of others."""

import random
import re
from collections.abc import Sequence

INPUT_BYTES_MAX = 8192
# What parsers stumble over, as it stands in a body, a header or a query.
TOKENS = (
    *(b"null", b"true", b"NaN", b"1e400", b"-0", b"1.0", b"0", b"-1", b"9223372036854775808"),
    *(b"1" * 31, b"[]", b"{}", b"[[[[[[[[", b'""', b'"\\u0000"', b'"\\ud800"', b'"\\u202e"'),
    *(b'"0001-01-01T00:00:00Z"', b'"9999-12-31T23:59:59.999999Z"', b'"2026-02-30T00:00:00Z"'),
    *(
        b'"\xff"',
        b'"a',
        b"\x00",
        b"%00",
        b"%ff",
        b"=",
        b":",
        b";",
        b"\r",
        b"\n",
        b",",
        b"\xef\xbb\xbf",
    ),
    *(b"0001-01-01", b"9999-12-31", b"+23:59", b"\xd9\xa1", b"=:", b'"sig1"', b";req"),
)
_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null')


def mutated(inputs: Sequence[bytes], rng: random.Random) -> bytes:
    """One of the inputs after one to four accidents."""
    data = rng.choice(inputs)
    for _ in range(rng.randrange(1, 5)):
        data = rng.choice(_ACCIDENTS)(data, inputs, rng)
    return data[:INPUT_BYTES_MAX]


def _byte(data: bytes, inputs: Sequence[bytes], rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + rng.randrange(2) :]


def _flip(data: bytes, inputs: Sequence[bytes], rng: random.Random) -> bytes:
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _cut(data: bytes, inputs: Sequence[bytes], rng: random.Random) -> bytes:
    first, last = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:first] + data[last:]


def _repeat(data: bytes, inputs: Sequence[bytes], rng: random.Random) -> bytes:
    first, last = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:last] + data[first:last] * rng.randrange(1, 3) + data[last:]


def _splice(data: bytes, inputs: Sequence[bytes], rng: random.Random) -> bytes:
    other = rng.choice(inputs)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def _insert(data: bytes, inputs: Sequence[bytes], rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(TOKENS) + data[at:]


def _replace(data: bytes, inputs: Sequence[bytes], rng: random.Random) -> bytes:
    """Another value of JSON in place of one: a token, or a value of another input."""
    places = list(_VALUE.finditer(data))
    if not places:
        return data
    place = rng.choice(places)
    others = _VALUE.findall(rng.choice(inputs)) if rng.random() < 0.5 else TOKENS
    other = rng.choice(others) if others else b"null"
    return data[: place.start()] + other + data[place.end() :]


_ACCIDENTS = (_byte, _flip, _cut, _repeat, _splice, _insert, _replace, _replace, _replace)
