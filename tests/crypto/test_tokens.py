"""Tokens: who can make one, what it says, who may spend it."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cbdc.crypto import keys, tokens
from cbdc.crypto.tokens import SignedToken, Token, TokenError
from tests.crypto import vectors

VECTOR = vectors.load("token")
ISSUER = vectors.private_key(VECTOR["issuer_seed"])
OWNER = vectors.private_key(vectors.load("rfc9421_b26")["private_seed"])
SIGNED = SignedToken.from_wire(VECTOR["signed"])


def resolve(key_id: str) -> Ed25519PublicKey | None:
    return ISSUER.public_key() if key_id == keys.key_id(ISSUER.public_key()) else None


def test_token_vector() -> None:
    token = SIGNED.token
    assert tokens.transaction_hash(**VECTOR["transaction"]) == token.transaction_id
    assert token.canonical().decode() == VECTOR["canonical"]
    assert token.token_id == VECTOR["token_id"]
    issuer_key_id = keys.key_id(ISSUER.public_key())
    assert tokens.sign_token(token, ISSUER, issuer_key_id).to_wire() == VECTOR["signed"]
    tokens.verify_token(SIGNED, resolve)


def test_authorisation_vector() -> None:
    vector = dict(VECTOR["authorisation"])
    signature, written = vector.pop("signature"), vector.pop("bytes")
    assert tokens.authorisation_bytes(**vector).decode() == written
    assert tokens.authorise(OWNER, **vector) == signature
    assert tokens.is_authorised(OWNER.public_key(), signature, **vector)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value", 200000001),
        ("institution", "lotus"),
        ("key_id", "other"),
        ("index", 1),
        ("transaction_id", "0" * 64),
        ("issued_at", "2026-01-31T09:30:00.000001Z"),
        ("currency", "USD"),
        ("lock", "guarantee"),
        ("ext", {"a": 1}),
    ],
)
def test_any_changed_field_breaks_signature_and_id(field: str, value: Any) -> None:
    changed = replace(SIGNED.token, **{field: value})
    assert changed.token_id != SIGNED.token.token_id
    with pytest.raises(TokenError, match="does not verify"):
        tokens.verify_token(replace(SIGNED, token=changed), resolve)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer_key_id", "unknown"),
        ("alg", "none"),
        ("signature", ""),
        ("signature", "A" * 86),
        ("signature", VECTOR["signed"]["signature"] + "="),
    ],
)
def test_other_proof_is_refused(field: str, value: Any) -> None:
    changed: dict[str, Any] = {field: value}
    with pytest.raises(TokenError):
        tokens.verify_token(replace(SIGNED, **changed), resolve)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", 2),
        ("version", True),
        ("currency", "cny"),
        ("value", 0),
        ("value", -1),
        ("value", 2**53),
        ("value", 5.0),
        ("value", "5"),
        ("value", True),
        ("institution", ""),
        ("institution", None),
        ("institution", "har\nbor"),
        ("key_id", "k k"),
        ("transaction_id", "AB" * 32),
        ("transaction_id", "ab " * 32),
        ("transaction_id", "ab" * 31),
        ("index", -1),
        ("index", 2**32),
        ("issued_at", "2026-01-31T09:30:00"),
        ("issued_at", "2026-02-31T09:30:00Z"),
        ("issued_at", "2026-01-31T09:30:00+08:00"),
        ("lock", ""),
        ("lock", 7),
        ("ext", None),
        ("ext", {"a": 0.5}),
    ],
)
def test_token_that_breaks_a_rule_cannot_be_made(field: str, value: Any) -> None:
    with pytest.raises(TokenError, match=field):
        replace(SIGNED.token, **{field: value})


def _without(path: str) -> dict[str, Any]:
    wire = SIGNED.to_wire()
    del (wire["token"] if path in wire["token"] else wire)[path]
    return wire


@pytest.mark.parametrize(
    "wire",
    [
        None,
        [],
        "text",
        {},
        VECTOR["signed"] | {"extra": 1},
        VECTOR["signed"] | {"token": None},
        VECTOR["signed"] | {"token": VECTOR["signed"]["token"] | {"extra": 1}},
        VECTOR["signed"] | {"signature": None},
        VECTOR["signed"] | {"alg": 1},
        *(_without(name) for name in ("alg", "signature", "issuer_key_id", "token")),
        *(_without(name) for name in ("lock", "ext", "value", "version")),
    ],
)
def test_wire_form_is_exact(wire: Any) -> None:
    with pytest.raises(TokenError):
        SignedToken.from_wire(wire)


def test_reading_does_not_change_the_wire_form() -> None:
    wire = SIGNED.to_wire()
    assert SignedToken.from_wire(wire).to_wire() == wire == VECTOR["signed"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "unlock"),
        ("inputs", ["0" * 64]),
        ("inputs", []),
        ("amount", 150000001),
        ("request_id", "01890a5d-ac96-774b-bcce-b302099a8058"),
    ],
)
def test_authorisation_is_for_one_spending_only(field: str, value: Any) -> None:
    vector = dict(VECTOR["authorisation"])
    signature, _ = vector.pop("signature"), vector.pop("bytes")
    changed = vector | {field: value}
    assert not tokens.is_authorised(OWNER.public_key(), signature, **changed)


@pytest.mark.parametrize("signature", ["", "A" * 86, "!", "é"])
def test_no_signature_authorises_nothing(signature: str) -> None:
    vector = dict(VECTOR["authorisation"])
    del vector["signature"], vector["bytes"]
    assert not tokens.is_authorised(OWNER.public_key(), signature, **vector)


def test_order_of_inputs_does_not_matter() -> None:
    options: dict[str, Any] = {"kind": "lock", "amount": 5, "request_id": "r"}
    one = tokens.authorisation_bytes(inputs=["b", "a"], **options)
    assert one == tokens.authorisation_bytes(inputs=["a", "b"], **options)


@pytest.mark.parametrize(
    ("field", "value"),
    [("sequence", 2), ("kind", "lock"), ("request_id", "r"), ("previous", "1" * 64)],
)
def test_transaction_id_covers_its_place_in_the_chain(field: str, value: Any) -> None:
    transaction = VECTOR["transaction"]
    assert tokens.transaction_hash(**transaction) != (
        tokens.transaction_hash(**transaction | {field: value})
    )


def test_same_output_of_two_transactions_has_two_ids() -> None:
    other: Token = replace(SIGNED.token, transaction_id="f" * 64)
    assert other.token_id != SIGNED.token.token_id
