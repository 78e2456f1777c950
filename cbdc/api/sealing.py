"""What the API keeps of requests for a day, unreadable without a key that is not in the database.

The keys are made (HKDF, RFC 5869) from PII_KEY: an answer may name a person, hold an access token,
or say what somebody sent. An institution that has none, the central bank, uses SECRET_KEY.
"""

import base64
import hmac
import secrets
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12
KEY_BYTES = 32


def fingerprint(data: bytes) -> bytes:
    """HMAC-SHA-256: equal data have equal fingerprints, and nobody else can try guesses on them."""
    return hmac.digest(_key(_secret(), "api fingerprint"), data, "sha256")


def seal(text: str, *, place: str) -> str:
    """The text as base64 of nonce and ciphertext, readable in that place alone."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return base64.b64encode(
        nonce + _cipher().encrypt(nonce, text.encode(), place.encode())
    ).decode()


def unseal(sealed: str, *, place: str) -> str:
    """The inverse of `seal`.

    Raises:
        InvalidTag: another key or place, or the data was changed.
    """
    raw = base64.b64decode(sealed)
    return _cipher().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode()).decode()


def _cipher() -> AESGCM:
    return AESGCM(_key(_secret(), "api answer"))


def _secret() -> str:
    return str(getattr(settings, "PII_KEY", "") or settings.SECRET_KEY)


@lru_cache(maxsize=16)
def _key(secret: str, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(
        secret.encode()
    )
