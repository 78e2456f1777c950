"""Signature algorithms by name: what may sign a token, and how its public key is read.

A key belongs to one algorithm for ever, so a signature can never choose how it is checked.
Another algorithm is another `register` call.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from cbdc.crypto import keys
from cbdc.crypto.encoding import b64url, b64url_decode

ED25519 = "ed25519"
ECDSA_P256 = "ecdsa-p256-sha256"
SIGNATURE_BYTES = 64
_P256_SCALAR_BYTES = 32

Check = Callable[[bytes, bytes], None]  # (signature, data); raises InvalidSignature


class Signer(Protocol):
    """A private key that signs, wherever it lives: in a file, or in a device (PKCS #11)."""

    @property
    def alg(self) -> str: ...

    @property
    def key_id(self) -> str: ...

    @property
    def public_key(self) -> str:
        """The public key as `VerifyingKey.of` reads it, base64url."""

    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Algorithm:
    """`read` makes a check of a public key's bytes; `signature_bytes` is a signature's length."""

    name: str
    signature_bytes: int
    read: Callable[[bytes], Check]


_algorithms: dict[str, Algorithm] = {}


def register(algorithm: Algorithm) -> None:
    """Make an algorithm known by its name."""
    _algorithms[algorithm.name] = algorithm


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key with the one algorithm that it belongs to."""

    alg: str
    check: Check

    @classmethod
    def of(cls, alg: str, public_key: str) -> "VerifyingKey":
        """The key of base64url bytes.

        Raises:
            ValueError: an unknown algorithm, or no public key of it.
        """
        algorithm = _algorithms.get(alg)
        if algorithm is None:
            raise ValueError(f"unknown algorithm {alg}")
        return cls(alg, algorithm.read(b64url_decode(public_key)))

    def verifies(self, alg: str, signature: str, data: bytes) -> bool:
        """True for a signature of exactly this key, algorithm and data."""
        if alg != self.alg:
            return False
        try:
            self.check(b64url_decode(signature, length=_algorithms[alg].signature_bytes), data)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """An Ed25519 private key in this process's memory."""

    key: Ed25519PrivateKey
    key_id: str
    public_key: str
    alg: str = ED25519

    @classmethod
    def of(cls, key: Ed25519PrivateKey) -> "Ed25519Signer":
        public = key.public_key()
        return cls(key, keys.key_id(public), keys.raw_b64url(public))

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data)


def of_ed25519(public: Ed25519PublicKey) -> VerifyingKey:
    """The verifying key of an Ed25519 public key."""
    return VerifyingKey(ED25519, public.verify)


def _ed25519(raw: bytes) -> Check:
    return Ed25519PublicKey.from_public_bytes(raw).verify


def _p256(raw: bytes) -> Check:
    """X9.62 point; the signature is r ‖ s, 32 bytes each, as in RFC 9421 and JOSE."""
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)

    def check(signature: bytes, data: bytes) -> None:
        r, s = signature[:_P256_SCALAR_BYTES], signature[_P256_SCALAR_BYTES:]
        der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        public.verify(der, data, ec.ECDSA(SHA256()))

    return check


def jwk_of(alg: str, public_key: str) -> dict[str, str]:
    """A public key of either algorithm as a JSON Web Key with its thumbprint.

    Raises:
        ValueError: no public key of that algorithm.
    """
    VerifyingKey.of(alg, public_key)
    if alg == ED25519:
        return keys.jwk(keys.public_from_raw(public_key))
    raw = b64url_decode(public_key)
    x, y = raw[1 : 1 + _P256_SCALAR_BYTES], raw[1 + _P256_SCALAR_BYTES :]
    jwk = {"crv": "P-256", "kty": "EC", "x": b64url(x), "y": b64url(y)}
    canonical = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
    kid = b64url(hashlib.sha256(canonical.encode()).digest())
    return {**jwk, "kid": kid, "alg": "ES256", "use": "sig"}


def key_id_of(alg: str, public_key: str) -> str:
    """The RFC 7638 thumbprint of a public key of either algorithm.

    Raises:
        ValueError: no public key of that algorithm.
    """
    return jwk_of(alg, public_key)["kid"]


register(Algorithm(ED25519, SIGNATURE_BYTES, _ed25519))
register(Algorithm(ECDSA_P256, SIGNATURE_BYTES, _p256))
