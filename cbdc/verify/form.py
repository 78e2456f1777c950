"""The lines of an export: each a canonical JSON object; fields stand in the order of their names.

This is a second description of what `cbdc.crypto.tokens` signs, on purpose: a verifier that
shared the issuer's code would share its faults.
"""

import hashlib
from typing import Any

import msgspec

VERSION = 1
ZERO_HASH = "0" * 64


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Field order is canonical order: what is encoded again must be the same bytes."""


class Key(Line, frozen=True, tag_field="type", tag="key"):
    """A public key: of the issuer (`institution` is null), or of an owner."""

    alg: str
    institution: str | None
    key_id: str
    public_key: str


class Token(Line, frozen=True):
    currency: str
    ext: dict[str, Any]
    index: int
    institution: str
    issued_at: str
    key_id: str
    lock: str | None
    transaction_id: str
    value: int
    version: int


class Signed(Line, frozen=True):
    alg: str
    issuer_key_id: str
    signature: str
    token: Token


class Proof(Line, frozen=True):
    """The owner's signature, with what it covers besides kind, inputs and request id."""

    alg: str
    amount: int
    institution: str
    key_id: str
    signature: str
    parts: list[int] | msgspec.UnsetType = msgspec.UNSET
    payee: str | msgspec.UnsetType = msgspec.UNSET


class Transaction(Line, frozen=True, tag_field="type", tag="transaction"):
    alg: str
    authorisation: dict[str, Any] | None
    inputs: list[str]
    issuer_key_id: str
    kind: str
    occurred_at: str
    outputs: list[Signed]
    previous: str
    request_id: str
    sequence: int
    signature: str
    transaction_id: str


class Head(Line, frozen=True, tag_field="type", tag="head"):
    """The last line: where the chain ends and what it adds up to, signed by the issuer.

    `keys_hash` is SHA-256 over the lines of the keys, each with its line feed.
    """

    alg: str
    currency: str
    exported_at: str
    issued: int
    issuer_key_id: str
    keys_hash: str
    live: int
    redeemed: int
    sequence: int
    signature: str
    transaction_id: str
    version: int


ENCODER = msgspec.json.Encoder(order="deterministic")
DECODER: msgspec.json.Decoder[Key | Transaction | Head] = msgspec.json.Decoder(
    Key | Transaction | Head
)
PROOF: msgspec.json.Decoder[Proof] = msgspec.json.Decoder(Proof)


def read(raw: bytes) -> Key | Transaction | Head:
    """The object of one line.

    Raises:
        ValueError: no such object, or not in its one spelling.
    """
    try:
        line = DECODER.decode(raw)
    except (msgspec.MsgspecError, RecursionError) as error:  # the latter: nested too deeply
        raise ValueError(str(error)) from error
    if canonical(msgspec.json.decode(raw)) != raw:
        raise ValueError("not in canonical form")
    return line


def canonical(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of our values: names are ASCII, numbers are integers."""
    return ENCODER.encode(value)


def token_id(token: Token, content: bytes) -> str:
    """SHA-256(transaction id ‖ index, 4 bytes big-endian ‖ content)."""
    head = bytes.fromhex(token.transaction_id) + token.index.to_bytes(4, "big")
    return hashlib.sha256(head + content).hexdigest()


def transaction_id(line: Transaction) -> str:
    """The hash that covers a transaction and the one before it."""
    said = {
        "sequence": line.sequence,
        "kind": line.kind,
        "request_id": line.request_id,
        "previous": line.previous,
        "inputs": sorted(line.inputs),
        "outputs": [
            {
                "institution": item.token.institution,
                "key_id": item.token.key_id,
                "value": item.token.value,
                "lock": item.token.lock,
            }
            for item in line.outputs
        ],
    }
    return hashlib.sha256(canonical(said)).hexdigest()


def transaction_content(line: Transaction) -> bytes:
    """What the issuer signed of a transaction."""
    return canonical(
        {
            "transaction_id": line.transaction_id,
            "occurred_at": line.occurred_at,
            "authorisation": line.authorisation,
        }
    )


def authorisation_content(line: Transaction, proof: Proof) -> bytes:
    """What the owner signed."""
    said: dict[str, Any] = {
        "kind": line.kind,
        "inputs": sorted(line.inputs),
        "amount": proof.amount,
        "request_id": line.request_id,
    }
    if proof.parts is not msgspec.UNSET:
        said["parts"] = proof.parts
    if proof.payee is not msgspec.UNSET:
        said["payee"] = proof.payee
    return canonical(said)


def head_content(head: Head) -> bytes:
    """What the issuer signed of the head: everything but the signature."""
    said = msgspec.structs.asdict(head)
    del said["signature"]
    return canonical(said)
