"""Personal data at rest: AES-256-GCM for reading back, a keyed hash for looking up.

Both keys are derived from PII_KEY (HKDF, RFC 5869), so neither serves for the other.
"""

import base64
import hmac
import secrets
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

NONCE_BYTES = 12


@lru_cache(maxsize=8)
def _key(pii_key: str, purpose: str) -> bytes:
    master = base64.b64decode(pii_key, validate=True)
    if len(master) != 32:
        raise ValueError("PII_KEY must be 32 bytes in base64")
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(master)


def encrypt(text: str) -> str:
    """The text as base64 of nonce and ciphertext; another one each time."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(_key(settings.PII_KEY, "encrypt")).encrypt(nonce, text.encode(), None)
    return base64.b64encode(nonce + sealed).decode()


def decrypt(sealed: str) -> str:
    """The inverse of `encrypt`.

    Raises:
        InvalidTag: another key, or the data was changed.
    """
    raw = base64.b64decode(sealed)
    key = AESGCM(_key(settings.PII_KEY, "encrypt"))
    return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()


def look_up_hash(text: str) -> str:
    """HMAC-SHA-256 in hex: equal texts have equal hashes, and only with the key."""
    return hmac.digest(_key(settings.PII_KEY, "look-up"), text.encode(), "sha256").hex()


class SealedField(models.TextField):  # type: ignore[type-arg]
    """A text that rows hold as ciphertext and that the code reads and writes as it is.

    It cannot be searched for. The empty text stays empty.
    """

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return decrypt(value) if value else value
