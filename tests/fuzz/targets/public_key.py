"""Public keys of devices and issuers: an algorithm, a line feed, and base64url."""

from cbdc.crypto import keys
from cbdc.crypto.algorithms import ECDSA_P256, ED25519, VerifyingKey, jwk_of, key_id_of
from cbdc.crypto.encoding import b64url, b64url_decode
from tests.crypto import vectors

KEY = vectors.private_key(vectors.load("token")["issuer_seed"]).public_key()
# The base point of P-256 (SEC 2), uncompressed: a public key like any other.
P256 = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


def run(data: bytes) -> bool:
    alg, _, text = data.decode("latin-1").partition("\n")
    try:
        key = VerifyingKey.of(alg, text)
    except ValueError:
        return False
    assert b64url(b64url_decode(text)) == text
    assert jwk_of(alg, text)["kid"] == key_id_of(alg, text)
    assert not key.verifies(alg, "A" * 86, b"")
    assert not key.verifies(alg, text, b"")
    return True


def seeds() -> dict[str, bytes]:
    return {
        "ed25519": f"{ED25519}\n{keys.raw_b64url(KEY)}".encode(),
        "p256": f"{ECDSA_P256}\n{b64url(P256)}".encode(),
    }
