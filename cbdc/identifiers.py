"""Identifiers: UUIDv7 (RFC 9562), wallet ids and deposit account numbers with Luhn digits."""

import hashlib
import re
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache

from stdnum import luhn

WALLET_ID = re.compile(r"[0-9]{16}", re.ASCII)
DEPOSIT_ACCOUNT = re.compile(r"62[0-9]{16}", re.ASCII)
INSTITUTION_NUMBER = re.compile(r"[0-9]{4}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def _uuid7(timestamp_ms: int, random_bits: int) -> uuid.UUID:
    """Lay 48 bits of time and 74 random bits out as RFC 9562 section 5.7 says."""
    rand_a, rand_b = (random_bits >> 62) & 0xFFF, random_bits & ((1 << 62) - 1)
    return uuid.UUID(int=timestamp_ms << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


_source: Callable[[], tuple[int, int]] | None = None


def new_id() -> uuid.UUID:
    """A fresh UUIDv7: sorts by the millisecond it was made in."""
    if _source is not None:
        return _uuid7(*_source())
    return _uuid7(time.time_ns() // 1_000_000, secrets.randbits(74))


@contextmanager
def injected(source: Callable[[], tuple[int, int]]) -> Iterator[None]:
    """Make ids of `source`, (milliseconds, 74 bits), while the block runs: a simulation's."""
    global _source
    previous, _source = _source, source
    try:
        yield
    finally:
        _source = previous


def derived_id(parent: uuid.UUID, label: str) -> uuid.UUID:
    """The UUIDv7 that `label` has under `parent`: same time, bits from SHA-256.

    A step that is re-run derives the same id, so the ledger answers `exists`.
    """
    digest = hashlib.sha256(parent.bytes + b"\x00" + label.encode()).digest()
    return _uuid7(parent.int >> 80, int.from_bytes(digest[:10], "big") & ((1 << 74) - 1))


def first_id(moment: datetime) -> uuid.UUID:
    """Below every UUIDv7 of this moment's millisecond, and above those made before it."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def made_at(made: uuid.UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)


def parse_uuid(text: str) -> uuid.UUID:
    """A lower-case hyphenated UUID, and nothing else that `uuid.UUID` would take.

    Raises:
        ValueError: another form.
    """
    if not _UUID.fullmatch(text):
        raise ValueError("not a lower-case hyphenated UUID")
    return uuid.UUID(text)


def wallet_id(institution_number: str, serial: int) -> str:
    """16 digits: institution number, 11 digits of `serial`, one Luhn check digit."""
    if not INSTITUTION_NUMBER.fullmatch(institution_number) or not 0 <= serial < 10**11:
        raise ValueError("institution number or serial out of range")
    body = f"{institution_number}{serial:011d}"
    return body + luhn.calc_check_digit(body)


def is_wallet_id(text: str) -> bool:
    """True if `text` is 16 digits with a right Luhn digit."""
    return WALLET_ID.fullmatch(text) is not None and _has_luhn_digit(text)


@lru_cache(maxsize=100_000)
def _has_luhn_digit(digits: str) -> bool:
    return bool(luhn.is_valid(digits))


def institution_number_of(wallet: str) -> str:
    """The four digits that name the institution in a wallet id or payment code."""
    return wallet[:4]


def deposit_account(institution_number: str, serial: int) -> str:
    """18 digits: `62`, institution number, 11 digits of `serial`, one Luhn check digit.

    Longer than a wallet id on purpose: both are ledger account ids as integers,
    and 62·10^16 is above every 16-digit number.
    """
    if not INSTITUTION_NUMBER.fullmatch(institution_number) or not 0 <= serial < 10**11:
        raise ValueError("institution number or serial out of range")
    body = f"62{institution_number}{serial:011d}"
    return body + luhn.calc_check_digit(body)


def is_deposit_account(text: str) -> bool:
    """True if `text` is an 18-digit deposit account number with a right Luhn digit."""
    return DEPOSIT_ACCOUNT.fullmatch(text) is not None and luhn.is_valid(text)
