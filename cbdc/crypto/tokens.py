"""Tokens: value that anyone can check with the issuer's public key (DESIGN section 4)."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cbdc.crypto.canonical import canonical_json
from cbdc.crypto.encoding import b64url, b64url_decode

VERSION = 1
ALGORITHM = "ed25519"
SIGNATURE_BYTES = 64


class TokenError(ValueError):
    """A token that is malformed or whose signature does not verify."""


@dataclass(frozen=True, slots=True)
class Token:
    """`value` fen that `institution` (with `key_id`) owns; output `index` of a transaction.

    `lock` names what the token is bound to (`guarantee`), or is None.
    """

    version: int
    currency: str
    value: int
    institution: str
    key_id: str
    transaction_id: str
    index: int
    issued_at: str
    lock: str | None = None
    ext: dict[str, Any] = field(default_factory=dict)

    @property
    def token_id(self) -> str:
        """SHA-256(transaction id ‖ index, 4 bytes big-endian ‖ canonical output), in hex."""
        output = canonical_json(asdict(self))
        head = bytes.fromhex(self.transaction_id) + self.index.to_bytes(4, "big")
        return hashlib.sha256(head + output).hexdigest()


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token and the issuer's signature over its canonical bytes."""

    token: Token
    issuer_key_id: str
    signature: str
    alg: str = ALGORITHM

    def to_wire(self) -> dict[str, Any]:
        """JSON values, as messages and exports carry them."""
        return asdict(self)

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Self:
        """The inverse of `to_wire`.

        Raises:
            TokenError: a field is missing, unknown or of another type.
        """
        try:
            signed = cls(**{**wire, "token": Token(**wire["token"])})
            token = signed.token
            texts = (token.currency, token.institution, token.key_id, token.issued_at)
            integers = (token.version, token.value, token.index)
            well_formed = (
                all(type(value) is str for value in texts)
                and all(type(value) is int for value in integers)
                and token.value > 0
                and len(bytes.fromhex(token.transaction_id)) == 32
            )
        except (TypeError, KeyError, ValueError) as error:
            raise TokenError(f"malformed token: {error}") from error
        if not well_formed:
            raise TokenError("malformed token")
        return signed


def sign_token(token: Token, key: Ed25519PrivateKey, issuer_key_id: str) -> SignedToken:
    """Sign as the issuer."""
    signature = key.sign(canonical_json(asdict(token)))
    return SignedToken(token=token, issuer_key_id=issuer_key_id, signature=b64url(signature))


def verify_token(
    signed: SignedToken, resolve_key: Callable[[str], Ed25519PublicKey | None]
) -> None:
    """Check the issuer's signature.

    Raises:
        TokenError: unknown key or algorithm, or a signature that does not verify.
    """
    public = resolve_key(signed.issuer_key_id)
    if public is None or signed.alg != ALGORITHM:
        raise TokenError("unknown issuer key or algorithm")
    try:
        signature = b64url_decode(signed.signature, length=SIGNATURE_BYTES)
        public.verify(signature, canonical_json(asdict(signed.token)))
    except (InvalidSignature, ValueError) as error:
        raise TokenError("the issuer's signature does not verify") from error


def authorisation_bytes(
    *, kind: str, inputs: Sequence[str], amount: int, request_id: str
) -> bytes:
    """What an owner signs to have its tokens spent by one request, once."""
    return canonical_json(
        {"kind": kind, "inputs": sorted(inputs), "amount": amount, "request_id": request_id}
    )


def authorise(
    key: Ed25519PrivateKey, *, kind: str, inputs: Sequence[str], amount: int, request_id: str
) -> str:
    """The owner's signature over `authorisation_bytes`, base64url."""
    signed = authorisation_bytes(kind=kind, inputs=inputs, amount=amount, request_id=request_id)
    return b64url(key.sign(signed))


def is_authorised(
    public: Ed25519PublicKey,
    signature: str,
    *,
    kind: str,
    inputs: Sequence[str],
    amount: int,
    request_id: str,
) -> bool:
    """True if the owner signed exactly this spending."""
    signed = authorisation_bytes(kind=kind, inputs=inputs, amount=amount, request_id=request_id)
    try:
        public.verify(b64url_decode(signature, length=SIGNATURE_BYTES), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def transaction_hash(
    *,
    sequence: int,
    kind: str,
    request_id: str,
    previous: str,
    inputs: Sequence[str],
    outputs: Sequence[dict[str, Any]],
) -> str:
    """The id of a token transaction in hex: it covers the one before it, so they are a chain.

    `outputs` are `{institution, key_id, value, lock}` in order.
    """
    return hashlib.sha256(
        canonical_json(
            {
                "sequence": sequence,
                "kind": kind,
                "request_id": request_id,
                "previous": previous,
                "inputs": sorted(inputs),
                "outputs": list(outputs),
            }
        )
    ).hexdigest()
