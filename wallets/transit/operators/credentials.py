"""Credentials as the operator's bank reads them: by every key that their banks have used.

Taps come days late. So a key that left the directory still proves what was shown at a gate
before it left.
"""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cbdc.crypto import keys
from cbdc.crypto.transit_credential import (
    CredentialError,
    Refusal,
    TransitCredential,
    key_hint,
    read_credential,
)
from cbdc.crypto.transit_keys import KeyRing
from commercial_banks.clearing.models import InstitutionKey

FRESH_S = 5.0
KEPT_MAX = 250_000  # texts in each half of what is remembered, some 100 bytes each
DIGEST_BYTES = 16
LATE = timedelta(hours=1)  # a gate may learn so late that a key is gone


@dataclass(slots=True)
class ProvedTexts:
    """Credentials whose signature was checked, as digests: a rider shows one many times, and a
    check costs ten times what reading does. The half that was not asked for is forgotten."""

    _new: set[bytes] = field(default_factory=set)
    _old: set[bytes] = field(default_factory=set)

    def __contains__(self, mark: bytes) -> bool:
        if mark in self._new:
            return True
        if mark not in self._old:
            return False
        self.add(mark)
        return True

    def add(self, mark: bytes) -> None:
        if len(self._new) >= KEPT_MAX:
            self._new, self._old = set(), self._new
        self._new.add(mark)


@dataclass(slots=True)
class CredentialReader:
    """Reads credentials, and checks the signature of each text once."""

    ring: KeyRing
    gone: dict[tuple[str, bytes], datetime]
    _proved: ProvedTexts = field(default_factory=ProvedTexts)

    def read(self, text: str, tapped_at: datetime) -> TransitCredential | Refusal:
        """The credential, as a gate that had its bank's keys saw it at that moment."""
        try:
            claimed = read_credential(text)
            mark = hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()
            if mark not in self._proved:
                self.ring.signed(claimed)
                self._proved.add(mark)
        except CredentialError as error:
            return error.refusal
        credential = claimed.credential
        if tapped_at >= credential.expires_at:
            return Refusal.EXPIRED
        gone_at = self.gone.get((credential.institution_number, claimed.key_hint))
        if gone_at is not None and tapped_at > gone_at + LATE:
            return Refusal.UNKNOWN_ISSUER
        return credential


_reader: CredentialReader | None = None
_made_at = 0.0
_of: tuple[object, ...] = ()


def credential_reader() -> CredentialReader:
    """The reader with the keys of the directory, looked at anew every FRESH_S seconds."""
    global _reader, _made_at, _of
    if _reader is not None and time.monotonic() - _made_at < FRESH_S:
        return _reader
    rows = list(InstitutionKey.objects.order_by("number", "key_id"))
    stamp = tuple((row.number, row.key_id, row.gone_at) for row in rows)
    if _reader is None or stamp != _of:
        _reader = _reader_of(rows)
    _made_at, _of = time.monotonic(), stamp
    return _reader


def forget() -> None:
    """Read the keys anew: when a signer is unknown, and for tests, whose directories differ."""
    global _made_at
    _made_at = 0.0


def _reader_of(rows: Iterable[InstitutionKey]) -> CredentialReader:
    found: dict[tuple[str, bytes], tuple[Ed25519PublicKey, ...]] = {}
    gone: dict[tuple[str, bytes], datetime] = {}
    for row in rows:
        place = (row.number, key_hint(row.key_id))
        found[place] = (*found.get(place, ()), keys.public_from_raw(row.public_key))
        if row.gone_at is not None:
            gone[place] = row.gone_at
    return CredentialReader(KeyRing(found), gone)
