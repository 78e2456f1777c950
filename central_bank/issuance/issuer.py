"""The issuer's key: loaded once per file, entered in the registry, resolved for verifying."""

from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from cbdc.crypto import keys
from central_bank.issuance.models import Chain, IssuerKey
from central_bank.supervision.hooks import at_initialisation


@lru_cache(maxsize=4)
def _load(path: str, passphrase: str) -> tuple[Ed25519PrivateKey, str]:
    private = keys.load_private_key(Path(path), passphrase)
    return private, keys.key_id(private.public_key())


def issuer_key() -> tuple[Ed25519PrivateKey, str]:
    """The key of ISSUER_KEY_FILE, and its id."""
    return _load(settings.ISSUER_KEY_FILE, settings.KEY_PASSPHRASE)


def issuer_public_keys() -> dict[str, Ed25519PublicKey]:
    """Every key that ever signed tokens, by id."""
    rows = IssuerKey.objects.values_list("key_id", "public_key")
    return {key_id: keys.public_from_raw(raw) for key_id, raw in rows}


@at_initialisation
def begin_registry() -> None:
    """Enter the issuer's key and begin the chain; a second call changes nothing."""
    private, key_id = issuer_key()
    IssuerKey.objects.get_or_create(
        key_id=key_id, defaults={"public_key": keys.raw_b64url(private.public_key())}
    )
    Chain.objects.get_or_create()
