"""Texts at rest: AES-256-GCM under keys that are made for one purpose each (HKDF, RFC 5869)."""

import base64
import secrets
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
KEY_BYTES = 32


@lru_cache(maxsize=32)
def derived_key(secret: bytes, purpose: str) -> bytes:
    """32 bytes of a secret for one purpose; none of them tells another, or the secret."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(secret)


def seal(key: bytes, text: str, *, place: str = "") -> str:
    """The text as base64 of nonce and ciphertext, another one each time, for that place alone."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(key: bytes, sealed: str, *, place: str = "") -> str:
    """The inverse of `seal`.

    Raises:
        InvalidTag: another key or place, or the data was changed.
    """
    raw = base64.b64decode(sealed)
    return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode()).decode()
