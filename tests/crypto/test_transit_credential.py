"""Transit credentials: what a bank says about a rider, and that nobody else can say it."""

import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbdc.crypto import keys
from cbdc.crypto.algorithms import Ed25519Signer
from cbdc.crypto.encoding import b64url, b64url_decode
from cbdc.crypto.transit_credential import (
    CLASS_MAX,
    TEXT_MAX,
    CredentialError,
    Refusal,
    TransitCredential,
    device_binding,
    read_credential,
    sign_credential,
)
from cbdc.crypto.transit_keys import KeyRing
from cbdc.identifiers import new_id, wallet_id
from tests.crypto import vectors
from tests.scale import scaled

VECTOR = vectors.load("transit_credential")
BANK = Ed25519Signer.of(vectors.private_key(VECTOR["bank_seed"]))
DEVICE = VECTOR["device_public_key"]
GOOD = VECTOR["credentials"][0]["text"]
END = datetime(2026, 12, 31, 16, tzinfo=UTC)
BEFORE = END - timedelta(seconds=1)
MUTATIONS = scaled(ci=5_000, soak=200_000)


def directory(*signers: Ed25519Signer, **fields: Any) -> list[dict[str, Any]]:
    jwks = [keys.jwk(keys.public_from_raw(signer.public_key)) for signer in signers]
    row = {"code": "harbor", "number": "0011", "name": "Harbor", "status": "active"}
    return [{**row, "base_url": "http://h.example", "keys": jwks, **fields}]


RING = KeyRing.of(directory(BANK))


def refusal_of(text: str, *, ring: KeyRing = RING, now: datetime = BEFORE) -> Refusal:
    with pytest.raises(CredentialError) as caught:
        ring.verify(text, now=now)
    return caught.value.refusal


def credential_of(**fields: Any) -> TransitCredential:
    id_ = new_id()
    made = TransitCredential(id_, "0011", "adult", END, device_binding(id_, DEVICE))
    return replace(made, **fields)


@pytest.mark.parametrize("vector", VECTOR["credentials"], ids=lambda row: row["rider_class"])
def test_credential_vector(vector: dict[str, str]) -> None:
    credential = TransitCredential(
        credential_id=UUID(vector["credential_id"]),
        institution_number=vector["institution_number"],
        rider_class=vector["rider_class"],
        expires_at=datetime.fromisoformat(vector["expires_at"]),
        device_binding=bytes.fromhex(vector["device_binding"]),
    )
    assert sign_credential(credential, BANK) == vector["text"]
    assert b64url_decode(vector["text"]).hex() == vector["bytes"]
    read = read_credential(vector["text"])
    assert read.credential == credential
    assert read.is_signed_by(keys.public_from_raw(BANK.public_key))
    assert credential.is_of_device(DEVICE)


@pytest.mark.parametrize("vector", VECTOR["refused"], ids=lambda row: row["why"])
def test_refused_vector(vector: dict[str, str]) -> None:
    assert refusal_of(vector["text"]) == vector["refusal"]


def test_the_longest_is_short_enough_for_a_code() -> None:
    texts = [sign_credential(credential_of(rider_class=name), BANK) for name in ("adult", "x" * 24)]
    assert [len(text) for text in texts] == [151, 176]
    assert all(len(text) < TEXT_MAX for text in texts)


def test_it_counts_until_its_end() -> None:
    assert RING.verify(GOOD, now=BEFORE).rider_class == "adult"
    assert refusal_of(GOOD, now=END) is Refusal.EXPIRED


@pytest.mark.parametrize("place", range(len(b64url_decode(GOOD))))
def test_no_changed_byte_is_accepted(place: int) -> None:
    raw = bytearray(b64url_decode(GOOD))
    for bit in range(8):
        raw[place] ^= 1 << bit
        assert refusal_of(b64url(bytes(raw))) is not Refusal.EXPIRED
        raw[place] ^= 1 << bit


@pytest.mark.parametrize("place", range(len(GOOD)))
def test_no_changed_character_is_accepted(place: int) -> None:
    for character in "AQ9z-_=+/ \x00é":
        if GOOD[place] != character:
            refusal_of(GOOD[:place] + character + GOOD[place + 1 :])


@pytest.mark.soak
def test_no_mutated_credential_is_accepted() -> None:
    rng = random.Random(20261125)
    others = [sign_credential(credential_of(), BANK) for _ in range(3)]
    for _ in range(MUTATIONS):
        raw, other = b64url_decode(GOOD), b64url_decode(rng.choice(others))
        cut, end = sorted(rng.choices(range(len(raw) + 1), k=2))
        mutated = rng.choice(
            [
                raw[:cut] + other[cut:],  # two credentials put together
                raw[:cut] + other[cut:end] + raw[end:],
                raw[:cut] + raw[end:],
                raw[:end] + raw[cut:end] + raw[end:],
                raw[:cut] + rng.randbytes(end - cut) + raw[end:],
            ]
        )
        if mutated not in (raw, other):
            refusal_of(b64url(mutated))


@given(st.one_of(st.text(max_size=220), st.binary(max_size=150).map(b64url)))
def test_noise_is_refused_and_nothing_else_happens(text: str) -> None:
    refusal_of(text)


@given(
    st.uuids(),
    st.integers(0, 9999),
    st.from_regex(rf"[a-z][a-z0-9_-]{{0,{CLASS_MAX - 1}}}", fullmatch=True),
    st.integers(0, 2**32 - 1),
)
def test_what_is_signed_is_what_is_read(id_: UUID, number: int, name: str, end: int) -> None:
    credential = TransitCredential(
        id_, f"{number:04d}", name, datetime.fromtimestamp(end, UTC), device_binding(id_, DEVICE)
    )
    assert read_credential(sign_credential(credential, BANK)).credential == credential


@pytest.mark.parametrize(
    "fields",
    [
        {"institution_number": "11"},
        {"institution_number": "00111"},
        {"rider_class": ""},
        {"rider_class": "Adult"},
        {"rider_class": "a" * 25},
        {"rider_class": "adult\n"},
        {"expires_at": datetime(2026, 12, 31)},  # noqa: DTZ001 - that is the fault
        {"expires_at": END.replace(microsecond=1)},
        {"expires_at": datetime(2107, 1, 1, tzinfo=UTC)},
        {"expires_at": datetime(1969, 12, 31, tzinfo=UTC)},
        {"device_binding": b"short"},
    ],
)
def test_a_credential_that_has_no_bytes_cannot_be_made(fields: dict[str, Any]) -> None:
    with pytest.raises(CredentialError, match="malformed"):
        credential_of(**fields)


def test_another_device_is_not_the_one() -> None:
    other = keys.raw_b64url(keys.generate().public_key())
    assert not credential_of().is_of_device(other)
    with pytest.raises(ValueError, match="base64url"):
        credential_of().is_of_device("AAAA")


def test_two_credentials_of_a_device_and_wallet_look_unrelated() -> None:
    wallet = wallet_id("0011", 7)
    first, second = (sign_credential(credential_of(), BANK) for _ in range(2))
    assert read_credential(first).credential.device_binding != (
        read_credential(second).credential.device_binding
    )
    for said in (wallet, DEVICE):
        assert said not in first
    assert b64url_decode(DEVICE) not in b64url_decode(first)


def test_another_key_of_the_bank_is_found_by_its_hint() -> None:
    newer = Ed25519Signer.of(keys.generate())
    ring = KeyRing.of(directory(newer, BANK))
    for signer in (newer, BANK):
        ring.verify(sign_credential(credential_of(), signer), now=BEFORE)
    assert refusal_of(sign_credential(credential_of(), newer)) is Refusal.UNKNOWN_ISSUER


def test_a_bank_cannot_speak_for_another() -> None:
    other = Ed25519Signer.of(keys.generate())
    ring = KeyRing.of([*directory(BANK), *directory(other, number="0012")])
    forged = sign_credential(credential_of(institution_number="0012"), BANK)
    assert refusal_of(forged, ring=ring) is Refusal.UNKNOWN_ISSUER
    ring.verify(sign_credential(credential_of(institution_number="0012"), other), now=BEFORE)


def test_a_suspended_bank_has_no_credentials() -> None:
    ring = KeyRing.of(directory(BANK, status="suspended"))
    assert refusal_of(GOOD, ring=ring) is Refusal.UNKNOWN_ISSUER


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"number": "11", "status": "active", "keys": []},
        {"number": "0011", "status": "active", "keys": [{}]},
        {"number": "0011", "status": "active", "keys": ["key"]},
        {"number": "0011", "status": "active", "keys": [{"kty": "OKP", "crv": "X25519"}]},
        {**directory(BANK)[0], "keys": [{**directory(BANK)[0]["keys"][0], "kid": "other"}]},
        {**directory(BANK)[0], "keys": [{**directory(BANK)[0]["keys"][0], "x": "AAAA"}]},
    ],
)
def test_half_a_directory_is_no_key_ring(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        KeyRing.of([*directory(BANK), row])


def test_a_gate_needs_less_than_five_milliseconds() -> None:
    """The best of ten, since others use this machine; it takes about a twentieth of that."""
    took = []
    for _ in range(10):
        started = time.perf_counter()
        RING.verify(GOOD, now=BEFORE)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.005


def test_only_ed25519_signs() -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        sign_credential(credential_of(), replace(BANK, alg="ecdsa-p256-sha256"))
