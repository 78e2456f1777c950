"""The key with which this institution signs, loaded once per file."""

from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from cbdc.crypto import keys


@lru_cache(maxsize=8)
def _load(path: str, passphrase: str) -> Ed25519PrivateKey:
    return keys.load_private_key(Path(path), passphrase)


def own_key() -> Ed25519PrivateKey:
    """The institution key of INSTITUTION_KEY_FILE."""
    return _load(settings.INSTITUTION_KEY_FILE, settings.KEY_PASSPHRASE)


def own_keyid() -> str:
    """`<institution code>#<key id>`, as signatures name it."""
    return f"{settings.INSTITUTION}#{keys.key_id(own_key().public_key())}"
