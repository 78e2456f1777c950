"""The institutions' public keys, kept on disk: what makes a gate able to decide by itself."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from cbdc.client.central_bank import InstitutionCard
from cbdc.client.gate.store import Store
from cbdc.crypto.transit_keys import KeyRing

KEYS = "keys"
STAMP = "keys_stamp"


def keep(store: Store, cards: Iterable[InstitutionCard]) -> None:
    """Keep the directory in place of the one before.

    Raises:
        ValueError: a row or a key that is not as the contract says, or no key at all; the gate
            goes on with the keys that it has.
    """
    rows: list[dict[str, Any]] = [
        {"number": card.number, "status": card.status, "keys": list(card.keys)} for card in cards
    ]
    if not KeyRing.of(rows).keys:
        raise ValueError("a directory without a key")
    text = json.dumps(rows, sort_keys=True)
    stamp = hashlib.sha256(text.encode()).hexdigest()
    if store.note(STAMP) != stamp:
        with store.transaction():
            store.put_note(KEYS, text)
            store.put_note(STAMP, stamp)


class KeptKeys:
    """The key ring of the directory that is kept now, read again when that has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stamp: str | None = None
        self._ring = KeyRing({})

    def ring(self) -> KeyRing:
        """The keys; none when no directory was ever fetched."""
        stamp = self._store.note(STAMP)
        if stamp != self._stamp:
            rows = json.loads(self._store.note(KEYS) or "[]")
            self._ring, self._stamp = KeyRing.of(rows), stamp
        return self._ring
