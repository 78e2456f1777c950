"""Notes from one bank to another, which nobody between them can read.

libsodium's sealed boxes (X25519, XSalsa20-Poly1305) for the receiver's Ed25519 institution key,
converted as libsodium does it. They hide; who wrote a note is proved by the message around it.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from nacl.exceptions import CryptoError
from nacl.public import SealedBox
from nacl.signing import SigningKey, VerifyKey

from cbdc.crypto.encoding import b64url, b64url_decode

NOTE_BYTES_MAX = 48_000


def seal_note(content: bytes, receiver: Ed25519PublicKey) -> str:
    """The content for the receiver alone, in base64url; another text each time.

    Raises:
        ValueError: more than NOTE_BYTES_MAX.
    """
    if len(content) > NOTE_BYTES_MAX:
        raise ValueError("the note is too long")
    box = SealedBox(VerifyKey(receiver.public_bytes_raw()).to_curve25519_public_key())
    return b64url(box.encrypt(content))


def open_note(sealed: str, own: Ed25519PrivateKey) -> bytes:
    """The inverse of `seal_note`.

    Raises:
        ValueError: sealed for another key, or changed.
    """
    box = SealedBox(SigningKey(own.private_bytes_raw()).to_curve25519_private_key())
    try:
        return bytes(box.decrypt(b64url_decode(sealed)))
    except CryptoError as error:
        raise ValueError("not a note for this key") from error
