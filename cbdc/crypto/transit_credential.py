"""Transit credentials: what a rider's phone shows a gate, checked there without any network.

A holder's bank signs it with its institution key. It names that bank and a credential; which
wallet that is, the bank alone knows. Bytes, then base64url (RFC 4648 section 5):

    1   version, 1
    2   number of the holder's bank, big-endian
    4   first bytes of the signing key's RFC 7638 thumbprint
    16  credential id, a UUID
    4   expires at, seconds since 1970, big-endian
    16  device binding, below
    1   length of the class, 1 to 24
    n   class of the rider, ASCII
    64  Ed25519 signature over SIGNED_AS and everything before it

That is 144 + 4n/3 characters: 151 for an adult, at most 176.
"""

import hashlib
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cbdc.crypto import keys
from cbdc.crypto.algorithms import ED25519, SIGNATURE_BYTES, Signer
from cbdc.crypto.encoding import b64url, b64url_decode
from cbdc.identifiers import INSTITUTION_NUMBER

VERSION = 1
CLASS_MAX = 24
BINDING_BYTES = 16
KEY_HINT_BYTES = 4
TEXT_MAX = 200
# An institution key signs requests and tokens too: no signature of one kind is one of another.
SIGNED_AS = b"open-ecny transit credential\x00"
BOUND_AS = b"open-ecny transit device\x00"

_HEAD = struct.Struct(f">BH{KEY_HINT_BYTES}s16sI{BINDING_BYTES}sB")
_CLASS = re.compile(rf"[a-z][a-z0-9_-]{{0,{CLASS_MAX - 1}}}", re.ASCII)
_SECONDS_MAX = 2**32 - 1


class Refusal(StrEnum):
    """Why a credential is not taken."""

    MALFORMED = "malformed"
    UNKNOWN_ISSUER = "unknown_issuer"
    FORGED = "forged"
    EXPIRED = "expired"


class CredentialError(ValueError):
    """A credential that is not taken, and why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class TransitCredential:
    """What a bank says: this rider of mine, of this class, on this device, until then.

    `expires_at` is aware, in whole seconds; it is the first moment at which it no longer counts.

    Raises:
        CredentialError: malformed, for a value that has no form in bytes.
    """

    credential_id: UUID
    institution_number: str
    rider_class: str
    expires_at: datetime
    device_binding: bytes

    def __post_init__(self) -> None:
        if (
            not INSTITUTION_NUMBER.fullmatch(self.institution_number)
            or not _CLASS.fullmatch(self.rider_class)
            or len(self.device_binding) != BINDING_BYTES
            or self.expires_at.tzinfo is None
            or self.expires_at.microsecond
            or not 0 <= self.expires_at.timestamp() <= _SECONDS_MAX
        ):
            raise CredentialError(Refusal.MALFORMED)

    def is_of_device(self, public_key: str) -> bool:
        """True for the device's own public key, base64url. A gate that can ask (NFC) has the
        device sign a challenge, and so sees that a credential was not copied."""
        return device_binding(self.credential_id, public_key) == self.device_binding


@dataclass(frozen=True, slots=True)
class Unverified:
    """A credential as it was read, and what its signature must be checked with."""

    credential: TransitCredential
    key_hint: bytes
    signed: bytes
    signature: bytes

    def is_signed_by(self, public: Ed25519PublicKey) -> bool:
        try:
            public.verify(self.signature, SIGNED_AS + self.signed)
        except InvalidSignature:
            return False
        return True


def device_binding(credential_id: UUID, public_key: str) -> bytes:
    """What binds a credential to a device and shows nothing of its key: half of a SHA-256 over
    the credential's id and the raw public key, so two credentials of a device look unrelated.

    Raises:
        ValueError: no public key in base64url.
    """
    raw = b64url_decode(public_key, length=keys.PUBLIC_KEY_BYTES)
    return hashlib.sha256(BOUND_AS + credential_id.bytes + raw).digest()[:BINDING_BYTES]


def key_hint(key_id: str) -> bytes:
    """The first bytes of a key's thumbprint: they find the key, the signature proves it.

    Raises:
        ValueError: no thumbprint in base64url.
    """
    return b64url_decode(key_id, length=hashlib.sha256().digest_size)[:KEY_HINT_BYTES]


def sign_credential(credential: TransitCredential, signer: Signer) -> str:
    """The credential as the holder's phone shows it.

    Raises:
        ValueError: the signer's key is no Ed25519 key.
    """
    if signer.alg != ED25519:
        raise ValueError("transit credentials are signed with Ed25519")
    name = credential.rider_class.encode("ascii")
    head = _HEAD.pack(
        VERSION,
        int(credential.institution_number),
        key_hint(signer.key_id),
        credential.credential_id.bytes,
        int(credential.expires_at.timestamp()),
        credential.device_binding,
        len(name),
    )
    return b64url(head + name + signer.sign(SIGNED_AS + head + name))


def read_credential(text: str) -> Unverified:
    """A credential's content, of which nothing is proved yet.

    Raises:
        CredentialError: malformed: every text that `sign_credential` could not have made.
    """
    if len(text) > TEXT_MAX:
        raise CredentialError(Refusal.MALFORMED)
    try:
        return _read(b64url_decode(text))
    except (ValueError, struct.error) as error:
        raise CredentialError(Refusal.MALFORMED) from error


def _read(raw: bytes) -> Unverified:
    version, number, hint, credential_id, expires, binding, length = _HEAD.unpack_from(raw)
    signed, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    if version != VERSION or len(raw) != _HEAD.size + length + SIGNATURE_BYTES:
        raise ValueError("another version, or another length")
    credential = TransitCredential(
        credential_id=UUID(bytes=credential_id),
        institution_number=f"{number:04d}",  # five digits are no number of an institution
        rider_class=signed[_HEAD.size :].decode("ascii"),
        expires_at=datetime.fromtimestamp(expires, UTC),
        device_binding=binding,
    )
    return Unverified(credential, hint, signed, signature)
