"""Personal data at rest: AES-256-GCM for reading back, a keyed hash for looking up.

Both keys are derived from PII_KEY, so neither serves for the other.
"""

import base64
import hmac
from typing import Any

from django.conf import settings
from django.db import models

from cbdc.crypto.sealing import KEY_BYTES, derived_key, seal, unseal


def _key(purpose: str) -> bytes:
    master = base64.b64decode(settings.PII_KEY, validate=True)
    if len(master) != KEY_BYTES:
        raise ValueError(f"PII_KEY must be {KEY_BYTES} bytes in base64")
    return derived_key(master, purpose)


def encrypt(text: str) -> str:
    """The text as base64 of nonce and ciphertext; another one each time."""
    return seal(_key("encrypt"), text)


def decrypt(sealed: str) -> str:
    """The inverse of `encrypt`.

    Raises:
        InvalidTag: another key, or the data was changed.
    """
    return unseal(_key("encrypt"), sealed)


def look_up_hash(text: str) -> str:
    """HMAC-SHA-256 in hex: equal texts have equal hashes, and only with the key."""
    return hmac.digest(_key("look-up"), text.encode(), "sha256").hex()


class SealedField(models.TextField):  # type: ignore[type-arg]
    """A text that rows hold as ciphertext and that the code reads and writes as it is.

    It cannot be searched for. The empty text stays empty.
    """

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return decrypt(value) if value else value
