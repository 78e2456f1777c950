"""What anyone holds before a gate's scanner: `cbdc.crypto.transit_credential`.

Each input is read as it is; whatever can be read is also signed anew by its bank, so that what
stands behind a right signature is reached.
"""

from datetime import UTC, datetime

from cbdc.crypto import keys
from cbdc.crypto.algorithms import Ed25519Signer
from cbdc.crypto.transit_credential import (
    TEXT_MAX,
    CredentialError,
    Refusal,
    TransitCredential,
    read_credential,
    sign_credential,
)
from cbdc.crypto.transit_keys import KeyRing
from tests.crypto import vectors

VECTOR = vectors.load("transit_credential")
BANK = Ed25519Signer.of(vectors.private_key(VECTOR["bank_seed"]))
JWK = keys.jwk(keys.public_from_raw(BANK.public_key))
NUMBERS = ("0011", "0012", "9999")
RING = KeyRing.of({"number": one, "status": "active", "keys": [JWK]} for one in NUMBERS)
SIGNED = {row["text"] for row in VECTOR["credentials"]}
LONG_AGO, NEVER = datetime(1969, 12, 31, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def run(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    try:
        claimed = read_credential(text)
    except CredentialError as error:
        assert error.refusal is Refusal.MALFORMED
        assert _refusal(text, LONG_AGO) is Refusal.MALFORMED
        return False
    assert len(text) <= TEXT_MAX
    anew = sign_credential(claimed.credential, BANK)
    assert len(anew) == len(text), "one content in two lengths"
    assert read_credential(anew).credential == claimed.credential
    _check(anew, claimed.credential)
    refusal = _refusal(text, LONG_AGO)
    if refusal is None:
        assert text in SIGNED, "a forged credential"
        _check(text, claimed.credential)
    else:
        assert refusal in (Refusal.UNKNOWN_ISSUER, Refusal.FORGED)
    return refusal is None


def _check(text: str, credential: TransitCredential) -> None:
    """A right signature counts for a bank that is known, until the credential is over."""
    if credential.institution_number in NUMBERS:
        assert RING.verify(text, now=LONG_AGO) == credential
        assert _refusal(text, NEVER) is Refusal.EXPIRED
    else:
        assert _refusal(text, LONG_AGO) is Refusal.UNKNOWN_ISSUER


def _refusal(text: str, now: datetime) -> Refusal | None:
    try:
        RING.verify(text, now=now)
    except CredentialError as error:
        return error.refusal
    return None


def seeds() -> dict[str, bytes]:
    right = {f"right-{at}": row["text"].encode() for at, row in enumerate(VECTOR["credentials"])}
    return right | {row["why"]: row["text"].encode() for row in VECTOR["refused"]}
