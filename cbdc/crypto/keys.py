"""Ed25519 keys: their names, their wire form, and their encrypted files."""

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from cbdc.crypto.encoding import b64url, b64url_decode
from cbdc.private_file import write_private

PUBLIC_KEY_BYTES = 32


def generate() -> Ed25519PrivateKey:
    """A fresh private key."""
    return Ed25519PrivateKey.generate()


def raw_b64url(public: Ed25519PublicKey) -> str:
    """The raw 32 bytes in base64url."""
    return b64url(public.public_bytes_raw())


def public_from_raw(text: str) -> Ed25519PublicKey:
    """The inverse of `raw_b64url`.

    Raises:
        ValueError: not 32 bytes in base64url.
    """
    return Ed25519PublicKey.from_public_bytes(b64url_decode(text, length=PUBLIC_KEY_BYTES))


def jwk(public: Ed25519PublicKey) -> dict[str, str]:
    """The public key as a JSON Web Key (RFC 8037), with its thumbprint as `kid`."""
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": raw_b64url(public),
        "kid": key_id(public),
        "alg": "EdDSA",
        "use": "sig",
    }


def key_id(public: Ed25519PublicKey) -> str:
    """The RFC 7638 thumbprint (SHA-256, base64url) of the key's JWK."""
    canonical = f'{{"crv":"Ed25519","kty":"OKP","x":"{raw_b64url(public)}"}}'
    return b64url(hashlib.sha256(canonical.encode()).digest())


def save_private_key(path: Path, key: Ed25519PrivateKey, passphrase: str) -> None:
    """Write the key as encrypted PKCS #8 PEM, readable by its owner alone, all or nothing."""
    pem = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    write_private(path, pem)


def load_private_key(path: Path, passphrase: str) -> Ed25519PrivateKey:
    """Read a key that `save_private_key` wrote.

    Raises:
        ValueError: a wrong passphrase, a key that is not encrypted, or no Ed25519 key.
        OSError: no such file, or not readable.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode())
    except TypeError as error:  # a passphrase was given, but the key is not encrypted
        raise ValueError("the key file is not encrypted") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")
    return key
