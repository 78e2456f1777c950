"""A private key in a device that speaks PKCS #11: it signs, and never leaves.

`pkcs11:token=issuer;object=issuer-1` (RFC 7512) names it. The package `python-pkcs11` is needed
only where such a key is used.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cbdc.crypto import keys
from cbdc.crypto.algorithms import ED25519

SCHEME = "pkcs11:"
_CURVE = b"\x13\x0cedwards25519"  # the named curve as a PrintableString
_POINT_BYTES = 32


def is_hsm_location(location: str) -> bool:
    """True for a PKCS #11 URI, and not a file."""
    return location.startswith(SCHEME)


class HsmSigner:
    """An Ed25519 key of a device, behind the same protocol as one in a file."""

    alg = ED25519

    def __init__(self, private: Any, public_point: bytes) -> None:
        self._private = private
        raw = public_point[-_POINT_BYTES:]  # with or without the OCTET STRING around it
        public = Ed25519PublicKey.from_public_bytes(raw)
        self.public_key = keys.raw_b64url(public)
        self.key_id = keys.key_id(public)

    def sign(self, data: bytes) -> bytes:
        from pkcs11 import Mechanism

        return bytes(self._private.sign(data, mechanism=Mechanism.EDDSA))


def load(location: str, *, module: str, pin: str) -> HsmSigner:
    """The key that the URI names.

    Raises:
        ValueError: no such token or key, or a wrong PIN.
    """
    from pkcs11 import Attribute, ObjectClass, PKCS11Error

    parts = _parts(location)
    try:
        session = _session(module, parts["token"], pin)
        label = parts["object"]
        private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
        public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)
        return HsmSigner(private, bytes(public[Attribute.EC_POINT]))
    except PKCS11Error as error:
        raise ValueError(f"the device has no use for {location}: {type(error).__name__}") from error


def generate(location: str, *, module: str, pin: str) -> HsmSigner:
    """Make an Ed25519 key pair in the device; one of that name is refused.

    Raises:
        ValueError: as `load`, or the name is taken.
    """
    from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error

    parts = _parts(location)
    try:
        session = _session(module, parts["token"], pin)
        label = {Attribute.LABEL: parts["object"], Attribute.CLASS: ObjectClass.PRIVATE_KEY}
        if list(session.get_objects(label)):
            raise ValueError(f"{location} exists already")
        curve = session.create_domain_parameters(
            KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _CURVE}, local=True
        )
        public, private = curve.generate_keypair(
            mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label=parts["object"]
        )
        return HsmSigner(private, bytes(public[Attribute.EC_POINT]))
    except PKCS11Error as error:
        raise ValueError(f"the device made no key: {type(error).__name__}") from error


@lru_cache(maxsize=4)
def _session(module: str, token: str, pin: str) -> Any:
    """One session per process: a device has few, and a key handle lives in its session."""
    import pkcs11

    return pkcs11.lib(module).get_token(token_label=token).open(user_pin=pin, rw=True)


def _parts(location: str) -> dict[str, str]:
    if not is_hsm_location(location):
        raise ValueError("a PKCS #11 URI starts with pkcs11:")
    pairs = (part.partition("=") for part in location.removeprefix(SCHEME).split(";"))
    parts = {name: unquote(value) for name, _, value in pairs}
    if not {"token", "object"} <= parts.keys():
        raise ValueError("a key's URI has token= and object=")
    return parts
