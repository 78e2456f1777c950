"""Tokens: value that anyone can check with the issuer's public key (DESIGN section 4)."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cbdc.clock import parse_rfc3339
from cbdc.crypto import algorithms
from cbdc.crypto.algorithms import Ed25519Signer, Signer, VerifyingKey
from cbdc.crypto.canonical import SAFE_INTEGER_MAX, canonical_json
from cbdc.crypto.encoding import b64url

VERSION = 1
ALGORITHM = algorithms.ED25519
INDEX_MAX = 2**32 - 1  # four bytes of the token id

_PATTERNS = {
    "currency": re.compile(r"[A-Z]{3}", re.A),
    "institution": re.compile(r"[a-z][a-z0-9-]{0,31}", re.A),
    "key_id": re.compile(r"[A-Za-z0-9_-]{1,64}", re.A),
    "transaction_id": re.compile(r"[0-9a-f]{64}", re.A),
    "issued_at": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,6})?Z", re.A),
    "lock": re.compile(r"[a-z][a-z0-9_-]{0,31}", re.A),
}
_SIGNATURE_PATTERNS = {
    "issuer_key_id": _PATTERNS["key_id"],
    "signature": re.compile(r"[A-Za-z0-9_-]{1,128}", re.A),
    "alg": re.compile(r"[A-Za-z0-9-]{1,32}", re.A),
}


class TokenError(ValueError):
    """A token that is malformed or whose signature does not verify."""


@dataclass(frozen=True, slots=True)
class Token:
    """`value` fen that `institution` (with `key_id`) owns; output `index` of a transaction.

    `lock` names what the token is bound to (`guarantee`), or is None. `issued_at` is RFC 3339
    in UTC. A token that breaks these rules cannot be made.

    Raises:
        TokenError: with the field at fault.
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

    def __post_init__(self) -> None:
        for name, pattern in _PATTERNS.items():
            text = getattr(self, name)
            if text is None and name == "lock":
                continue
            if not isinstance(text, str) or not pattern.fullmatch(text):
                raise TokenError(f"malformed token: {name}")
        limits = (("version", 1, VERSION), ("value", 1, SAFE_INTEGER_MAX), ("index", 0, INDEX_MAX))
        for name, lowest, highest in limits:
            number = getattr(self, name)
            if type(number) is not int or not lowest <= number <= highest:
                raise TokenError(f"malformed token: {name}")
        try:
            parse_rfc3339(self.issued_at)
        except ValueError as error:
            raise TokenError("malformed token: issued_at") from error
        if not isinstance(self.ext, dict):
            raise TokenError("malformed token: ext")
        try:
            text = canonical_json(self.ext)
        except (ValueError, RecursionError) as error:
            raise TokenError("malformed token: ext") from error
        if b"\\u0000" in text:  # NUL, or its spelling: no database keeps the former
            raise TokenError("malformed token: ext")

    @property
    def token_id(self) -> str:
        """SHA-256(transaction id ‖ index, 4 bytes big-endian ‖ canonical output), in hex."""
        head = bytes.fromhex(self.transaction_id) + self.index.to_bytes(4, "big")
        return hashlib.sha256(head + self.canonical()).hexdigest()

    def canonical(self) -> bytes:
        """The bytes that the issuer signs."""
        return canonical_json(asdict(self))


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
    def from_wire(cls, wire: object) -> Self:
        """The inverse of `to_wire`: every field, and no other.

        Raises:
            TokenError: a field is missing, unknown or of another type.
        """
        outer = _exactly(wire, cls)
        token = Token(**_exactly(outer.pop("token"), Token))
        for name, pattern in _SIGNATURE_PATTERNS.items():
            if type(outer[name]) is not str or not pattern.fullmatch(outer[name]):
                raise TokenError(f"malformed token: {name}")
        return cls(token=token, **outer)


def _exactly(wire: object, cls: type[Token | SignedToken]) -> dict[str, Any]:
    if not isinstance(wire, dict) or wire.keys() != {item.name for item in fields(cls)}:
        raise TokenError(f"not exactly the fields of a {cls.__name__}")
    return dict(wire)


def sign_token(token: Token, key: Ed25519PrivateKey, issuer_key_id: str) -> SignedToken:
    """Sign as the issuer, with an Ed25519 key."""
    signature = key.sign(token.canonical())
    return SignedToken(token=token, issuer_key_id=issuer_key_id, signature=b64url(signature))


def issue_token(token: Token, signer: Signer) -> SignedToken:
    """Sign as the issuer, with a key of any algorithm."""
    signature = b64url(signer.sign(token.canonical()))
    return SignedToken(token, signer.key_id, signature, signer.alg)


def verify_token(
    signed: SignedToken,
    resolve_key: Callable[[str], VerifyingKey | Ed25519PublicKey | None],
) -> None:
    """Check the issuer's signature.

    Raises:
        TokenError: unknown key or algorithm, or a signature that does not verify.
    """
    public = resolve_key(signed.issuer_key_id)
    if isinstance(public, Ed25519PublicKey):
        public = algorithms.of_ed25519(public)
    if public is None or signed.alg != public.alg:
        raise TokenError("unknown issuer key or algorithm")
    if not public.verifies(signed.alg, signed.signature, signed.token.canonical()):
        raise TokenError("the issuer's signature does not verify")


def transaction_bytes(
    *, transaction_id: str, occurred_at: str, authorisation: dict[str, Any] | None
) -> bytes:
    """What the issuer signs of a token transaction: its id covers all the rest."""
    return canonical_json(
        {
            "transaction_id": transaction_id,
            "occurred_at": occurred_at,
            "authorisation": authorisation,
        }
    )


def authorisation_bytes(
    *,
    kind: str,
    inputs: Sequence[str],
    amount: int,
    request_id: str,
    parts: Sequence[int] | None = None,
    payee: str | None = None,
) -> bytes:
    """What an owner signs to have its tokens spent by one request, once.

    `parts` are the values of a split, `payee` the bank of a transfer.
    """
    said: dict[str, Any] = {
        "kind": kind,
        "inputs": sorted(inputs),
        "amount": amount,
        "request_id": request_id,
    }
    if parts is not None:
        said["parts"] = list(parts)
    if payee is not None:
        said["payee"] = payee
    return canonical_json(said)


def authorise(
    key: Ed25519PrivateKey,
    *,
    kind: str,
    inputs: Sequence[str],
    amount: int,
    request_id: str,
    parts: Sequence[int] | None = None,
    payee: str | None = None,
) -> str:
    """The owner's signature over `authorisation_bytes`, base64url."""
    signed = authorisation_bytes(
        kind=kind, inputs=inputs, amount=amount, request_id=request_id, parts=parts, payee=payee
    )
    return b64url(Ed25519Signer.of(key).sign(signed))


def is_authorised(
    public: Ed25519PublicKey,
    signature: str,
    *,
    kind: str,
    inputs: Sequence[str],
    amount: int,
    request_id: str,
    parts: Sequence[int] | None = None,
    payee: str | None = None,
) -> bool:
    """True if the owner signed exactly this spending."""
    signed = authorisation_bytes(
        kind=kind, inputs=inputs, amount=amount, request_id=request_id, parts=parts, payee=payee
    )
    return algorithms.of_ed25519(public).verifies(ALGORITHM, signature, signed)


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
