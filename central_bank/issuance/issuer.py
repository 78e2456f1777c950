"""The issuer's keys: where each private key lives, which one signs now, all that verify.

A key's row says from when it signs. The private key is in the file or device that the row names
(nothing: ISSUER_KEY_FILE), and is used only if it is the row's own.
"""

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from cbdc.clock import now
from cbdc.crypto import hsm, keys
from cbdc.crypto.algorithms import Ed25519Signer, Signer, VerifyingKey
from central_bank.issuance.models import Chain, IssuerKey
from central_bank.supervision.hooks import at_initialisation


@lru_cache(maxsize=16)
def _load_file(path: str, passphrase: str) -> Signer:
    return Ed25519Signer.of(keys.load_private_key(Path(path), passphrase))


@lru_cache(maxsize=16)
def _load_hsm(location: str, module: str, pin: str) -> Signer:
    return hsm.load(location, module=module, pin=pin)


def load_signer(location: str) -> Signer:
    """The private key of a location: a PKCS #11 URI, a file, or "" for ISSUER_KEY_FILE.

    A relative path counts from the folder of ISSUER_KEY_FILE.

    Raises:
        ValueError: not to be opened with the passphrase or PIN of the settings.
        OSError: no such file.
    """
    if hsm.is_hsm_location(location):
        return _load_hsm(location, settings.PKCS11_MODULE, settings.PKCS11_PIN)
    return _load_file(str(path_of(location)), settings.KEY_PASSPHRASE)


def path_of(location: str) -> Path:
    """The file that a location names."""
    first = Path(settings.ISSUER_KEY_FILE)
    return first.parent / location if location else first


def make_key(location: str) -> Signer:
    """A new key at a location that has none, and its signer.

    Raises:
        ValueError: there is one already.
    """
    if hsm.is_hsm_location(location):
        return hsm.generate(location, module=settings.PKCS11_MODULE, pin=settings.PKCS11_PIN)
    if path_of(location).exists():
        raise ValueError(f"{location} exists already")
    keys.save_private_key(path_of(location), keys.generate(), settings.KEY_PASSPHRASE)
    return load_signer(location)


def issuer_signer() -> Signer:
    """The key that signs now: of those in force, the newest.

    Raises:
        RuntimeError: none is in force, or its private key is another's.
    """
    moment = now()
    in_force = IssuerKey.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=moment), valid_from__lte=moment
    )
    row = in_force.order_by("-valid_from", "-key_id").first()
    if row is None:
        raise RuntimeError("no issuer key is in force")
    signer = load_signer(row.location)
    if signer.key_id != row.key_id:
        raise RuntimeError(f"{row.location or 'ISSUER_KEY_FILE'} does not hold {row.key_id}")
    return signer


def issuer_public_keys() -> dict[str, VerifyingKey]:
    """Every key that ever signed tokens, by id: a token outlives its issuer's key."""
    rows = IssuerKey.objects.values_list("key_id", "alg", "public_key")
    return {key_id: VerifyingKey.of(alg, public) for key_id, alg, public in rows}


def enter_key(
    *, key_id: str, alg: str, public_key: str, location: str, valid_from: datetime
) -> None:
    """Make a key the issuer's from `valid_from` on; the one before it ends then, and verifies on.

    Raises:
        ValueError: no public key of that algorithm.
    """
    VerifyingKey.of(alg, public_key)
    open_ended = IssuerKey.objects.filter(valid_to__isnull=True).exclude(key_id=key_id)
    open_ended.update(valid_to=valid_from)
    IssuerKey.objects.get_or_create(
        key_id=key_id,
        defaults={
            "alg": alg,
            "public_key": public_key,
            "location": location,
            "valid_from": valid_from,
        },
    )


@at_initialisation
def begin_registry() -> None:
    """Enter the issuer's first key and begin the chain; a second call changes nothing."""
    if not IssuerKey.objects.exists():
        signer = load_signer("")
        IssuerKey.objects.create(key_id=signer.key_id, alg=signer.alg, public_key=signer.public_key)
    Chain.objects.get_or_create()
