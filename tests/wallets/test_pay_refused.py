"""Each wrong payment gets its code of API.md, and changes nothing (INV-10)."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from cbdc.crypto import keys
from cbdc.crypto.http_signatures import SESSION_COMPONENTS
from cbdc.identifiers import new_id, wallet_id
from tests.books import fingerprint
from tests.holders import Holder, nobodys_wallet
from tests.in_process import DATABASES
from tests.people import PURSE

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

Send = Callable[[Holder, Holder], Any]
EXPIRED_S = 3600


def body_of(alice: Holder, bob: Holder, **fields: Any) -> dict[str, Any]:
    base = {"payer_wallet": alice.wallet_id, "payee_wallet": bob.wallet_id, "amount": 1_00}
    return {name: value for name, value in {**base, **fields}.items() if value is not ...}


def wrong(**fields: Any) -> Send:
    """A well-signed payment with these fields changed; `...` leaves one out."""
    return lambda alice, bob: alice.post("/api/v1/payments", body_of(alice, bob, **fields))


def raw(content: bytes, **changes: Any) -> Send:
    return lambda alice, bob: alice.post("/api/v1/payments", content, **changes)


def spoilt(**changes: Any) -> Send:
    """A right payment, wrongly sent."""
    return lambda alice, bob: alice.pay(bob.wallet_id, 1_00, **changes)


def to_itself(alice: Holder, bob: Holder) -> Any:
    return alice.pay(alice.wallet_id, 1_00)


def from_anothers_wallet(alice: Holder, bob: Holder) -> Any:
    body = body_of(alice, bob, payer_wallet=bob.wallet_id, payee_wallet=alice.wallet_id)
    return alice.post("/api/v1/payments", body)


def with_anothers_key(alice: Holder, bob: Holder) -> Any:
    return alice.pay(bob.wallet_id, 1_00, key=bob.key)


def with_anothers_device(alice: Holder, bob: Holder) -> Any:
    return alice.pay(bob.wallet_id, 1_00, key=bob.key, keyid=bob.device_id)


def with_a_forged_token(alice: Holder, bob: Holder) -> Any:
    token, alice.token = alice.token, alice.token[:-2] + "AA"
    try:
        return alice.pay(bob.wallet_id, 1_00)
    finally:
        alice.token = token


def wrong_luhn(alice: Holder, bob: Holder) -> Any:
    last = str((int(bob.wallet_id[-1]) + 1) % 10)
    return alice.pay(bob.wallet_id[:-1] + last, 1_00)


CASES: dict[str, tuple[Send, int, str]] = {
    "amount of 0": (wrong(amount=0), 422, "invalid_amount"),
    "amount of -1": (wrong(amount=-1), 422, "invalid_amount"),
    "amount of 1.5": (wrong(amount=1.5), 422, "invalid_amount"),
    "amount of 1.0": (wrong(amount=1.0), 422, "invalid_amount"),
    "amount as a text": (wrong(amount="100"), 422, "invalid_amount"),
    "amount as a bool": (wrong(amount=True), 422, "invalid_amount"),
    "amount too large": (wrong(amount=10**15 + 1), 422, "invalid_amount"),
    "amount left out": (wrong(amount=...), 422, "validation_failed"),
    "amount of null": (wrong(amount=None), 422, "invalid_amount"),
    "more than the balance": (wrong(amount=PURSE + 1), 422, "insufficient_funds"),
    "to itself": (to_itself, 422, "same_wallet"),
    "to nobody": (wrong(payee_wallet=nobodys_wallet("harbor")), 422, "unknown_payee"),
    "to no institution": (wrong(payee_wallet=wallet_id("9999", 1)), 422, "unknown_payee"),
    "wrong check digit": (wrong_luhn, 422, "invalid_wallet_id"),
    "wallet id as a number": (wrong(payee_wallet=11), 422, "validation_failed"),
    "from another's wallet": (from_anothers_wallet, 404, "not_found"),
    "another currency": (wrong(currency="USD"), 422, "currency_mismatch"),
    "unknown field": (wrong(colour="red"), 422, "validation_failed"),
    "read-only field": (wrong(status="completed"), 422, "validation_failed"),
    "memo with NUL": (wrong(memo="a\0b"), 422, "validation_failed"),
    "memo with bidi control": (wrong(memo="a\u202eb"), 422, "validation_failed"),
    "memo too long": (wrong(memo="x" * 141), 422, "validation_failed"),
    "memo as a number": (wrong(memo=5), 422, "validation_failed"),
    "truncated JSON": (raw(b'{"amount": 1'), 400, "malformed_request"),
    "duplicate keys": (raw(b'{"amount": 1, "amount": 2}'), 400, "malformed_request"),
    "NaN": (raw(b'{"amount": NaN}'), 400, "malformed_request"),
    "a list": (raw(b"[]"), 400, "malformed_request"),
    "no body": (raw(b""), 400, "malformed_request"),
    "a form": (raw(b"a=1", content_type="text/plain"), 415, "unsupported_media_type"),
    "too large": (raw(b'{"memo": "%s"}' % (b"x" * 70_000)), 413, "payload_too_large"),
    "no signature": (spoilt(signed=False), 401, "signature_missing"),
    "another key": (spoilt(key=keys.generate()), 401, "signature_invalid"),
    "another's key": (with_anothers_key, 401, "signature_invalid"),
    "another's device": (with_anothers_device, 401, "signature_invalid"),
    "expired signature": (
        spoilt(created=int(time.time()) - EXPIRED_S),
        401,
        "signature_expired",
    ),
    "signature from the future": (
        spoilt(created=int(time.time()) + EXPIRED_S),
        401,
        "signature_expired",
    ),
    "too few components": (spoilt(components=SESSION_COMPONENTS), 401, "signature_invalid"),
    "digest of another body": (spoilt(digest_of=b"{}"), 401, "signature_invalid"),
    "forged token": (with_a_forged_token, 401, "authentication_required"),
    "key too long": (spoilt(idempotency_key="k" * 65), 400, "malformed_request"),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_payment_is_refused_and_changes_nothing(
    case: str, alice: Holder, bob: Holder
) -> None:
    send, status, code = CASES[case]
    before = fingerprint("harbor")
    answer = send(alice, bob)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert answer["Content-Type"].startswith("application/problem+json")
    assert problem["status"] == status
    assert fingerprint("harbor") == before


def test_missing_idempotency_key_is_refused(alice: Holder, bob: Holder) -> None:
    """A signature cannot cover a header that is not there, so the signature is told first."""
    components = SESSION_COMPONENTS
    answer = alice.pay(bob.wallet_id, 1_00, idempotency_key=None, components=components)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")


def test_reused_key_with_another_body_is_refused(alice: Holder, bob: Holder) -> None:
    key = str(new_id())
    assert alice.pay(bob.wallet_id, 1_00, idempotency_key=key).status_code == 201
    before = fingerprint("harbor")
    answer = alice.pay(bob.wallet_id, 2_00, idempotency_key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert fingerprint("harbor") == before


def test_refusal_is_replayed_even_when_it_would_now_succeed(alice: Holder, bob: Holder) -> None:
    key = str(new_id())
    first = alice.pay(bob.wallet_id, PURSE + 1, idempotency_key=key)
    alice.top_up(1_00)
    again = alice.pay(bob.wallet_id, PURSE + 1, idempotency_key=key)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert bob.balance == 0
