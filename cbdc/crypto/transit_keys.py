"""The public keys of institutions, as a gate fetched them ahead; credentials are checked here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cbdc.crypto import keys
from cbdc.crypto.transit_credential import (
    CredentialError,
    Refusal,
    TransitCredential,
    Unverified,
    key_hint,
    read_credential,
)
from cbdc.identifiers import INSTITUTION_NUMBER

ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """By number and key hint: the keys with which banks that are active sign now."""

    keys: Mapping[tuple[str, bytes], tuple[Ed25519PublicKey, ...]]

    @classmethod
    def of(cls, institutions: Iterable[Mapping[str, Any]]) -> "KeyRing":
        """The rows of GET /api/v1/institutions; a bank that is not active has no key here.

        Raises:
            ValueError: a row or a key that is not as the contract says. A gate with half of the
                keys would refuse half of the riders and nobody would know why.
        """
        found: dict[tuple[str, bytes], tuple[Ed25519PublicKey, ...]] = {}
        for row in institutions:
            try:
                number, status, jwks = str(row["number"]), row["status"], list(row["keys"])
            except (KeyError, TypeError) as error:
                raise ValueError("not a row of the directory") from error
            if not INSTITUTION_NUMBER.fullmatch(number):
                raise ValueError(f"not an institution's number: {number!r}")
            for public in map(public_of, jwks) if status == ACTIVE else ():
                place = (number, key_hint(keys.key_id(public)))
                found[place] = (*found.get(place, ()), public)
        return cls(found)

    def verify(self, text: str, *, now: datetime) -> TransitCredential:
        """The credential, if one of these institutions signed exactly this text, and in time.

        Raises:
            CredentialError: malformed, unknown_issuer, forged, expired.
        """
        credential = self.signed(read_credential(text))
        if now >= credential.expires_at:
            raise CredentialError(Refusal.EXPIRED)
        return credential

    def signed(self, claimed: Unverified) -> TransitCredential:
        """The credential, if one of these institutions signed it, whenever it is over.

        Raises:
            CredentialError: unknown_issuer, forged.
        """
        place = (claimed.credential.institution_number, claimed.key_hint)
        publics = self.keys.get(place, ())
        if not publics:
            raise CredentialError(Refusal.UNKNOWN_ISSUER)
        if not any(claimed.is_signed_by(public) for public in publics):
            raise CredentialError(Refusal.FORGED)
        return claimed.credential


def public_of(jwk: object) -> Ed25519PublicKey:
    """The key of a JSON Web Key (RFC 8037) whose `kid` is its thumbprint.

    Raises:
        ValueError: another kind of key, or another `kid`.
    """
    if not isinstance(jwk, Mapping) or (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        raise ValueError("not an Ed25519 key")
    public = keys.public_from_raw(str(jwk.get("x")))
    if jwk.get("kid") != keys.key_id(public):
        raise ValueError("a key under another key's id")
    return public
