"""What the API keeps of requests for a day, unreadable without a key that is not in the database.

The keys are made from PII_KEY: an answer may name a person, hold an access token, or say what
somebody sent. An institution that has none, the central bank, uses SECRET_KEY.
"""

import hmac

from django.conf import settings

from cbdc.crypto import sealing


def fingerprint(data: bytes) -> bytes:
    """HMAC-SHA-256: equal data have equal fingerprints, and nobody else can try guesses on them."""
    return hmac.digest(_key("api fingerprint"), data, "sha256")


def seal(text: str, *, place: str) -> str:
    """The text as ciphertext, readable in that place alone."""
    return sealing.seal(_key("api answer"), text, place=place)


def unseal(sealed: str, *, place: str) -> str:
    """The inverse of `seal`.

    Raises:
        InvalidTag: another key or place, or the data was changed.
    """
    return sealing.unseal(_key("api answer"), sealed, place=place)


def _key(purpose: str) -> bytes:
    secret = str(getattr(settings, "PII_KEY", "") or settings.SECRET_KEY)
    return sealing.derived_key(secret.encode(), purpose)
