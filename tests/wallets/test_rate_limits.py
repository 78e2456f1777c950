"""Limits at the doors of a bank: each refuses with 429, counts the caller, and spares others."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.test import Client, override_settings

from cbdc.api.rate_limits import rate_limit
from cbdc.crypto import keys
from cbdc.identifiers import new_id
from tests import contract
from tests.books import fingerprint
from tests.holders import JSON, Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from tests.wallets.test_bad_inputs import LIMITED, OPERATIONS, owned, with_ids
from wallets.accounts import api

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
HERE, ELSEWHERE = "203.0.113.1", "192.0.2.7"
FEW = 2
# Who calls it proves a key that cannot be guessed, and what it costs is one signature.
UNLIMITED = {"open_a_session"}


def limited() -> Iterator[tuple[str, str, str]]:
    """(name, method, path) of each call that may answer 429."""
    for path, methods in contract.document()["paths"].items():
        for method, operation in methods.items():
            if "429" in operation["responses"]:
                yield operation["operationId"], method.upper(), path


CALLS = list(limited())


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every limit is FEW calls."""

    def tightened(scope: str, key: str, limit: int, window_s: int) -> None:
        rate_limit(scope, key, FEW, window_s)

    for module in LIMITED:
        monkeypatch.setattr(f"{module}.rate_limit", tightened, raising=False)


def call(holder: Holder, name: str, method: str, path: str, **client: Any) -> Any:
    """One call as this holder: its right body, or none."""
    operation = OPERATIONS.get(name)
    body = b"" if operation is None else owned(_json(operation.body), holder)
    where = with_ids(path, holder)
    with acting_as(holder.bank):
        headers = {**holder.headers(where, body, method=method), **client.pop("more", {})}
        return Client(**client).generic(method, where, body, JSON, headers=headers)


def _json(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()


def test_calls_that_guess_or_cost_much_are_limited() -> None:
    assert {name for name, *_ in CALLS} >= {
        "enrol",
        "confirm_an_enrolment",
        "upgrade_a_wallet",
        "make_a_payment_code",
        "ask_for_a_payment",
        "export",
        "statement",
    }


def test_every_call_that_needs_no_token_is_limited() -> None:
    unproven = {
        operation["operationId"]
        for methods in contract.document()["paths"].values()
        for operation in methods.values()
        if not contract.caller_of(operation)
    }
    assert unproven - {name for name, *_ in CALLS} == UNLIMITED


@pytest.mark.usefixtures("few")
def test_call_above_its_limit_is_refused_and_others_are_not(alice: Holder, bob: Holder) -> None:
    for name, method, path in CALLS:
        send = partial(call, alice, name, method, path, REMOTE_ADDR=HERE)
        assert 429 not in {send().status_code for _ in range(FEW)}, name
        before = fingerprint("harbor")
        for forged in ({}, {"X-Forwarded-For": "198.51.100.1"}, {"Forwarded": "for=198.51.100.2"}):
            answer = send(more=forged)
            problem = (answer.status_code, answer["Content-Type"], answer.json()["code"])
            assert problem == (429, "application/problem+json", "rate_limited"), name
            assert 1 <= int(answer["Retry-After"]) <= 3600
        assert fingerprint("harbor") == before, name
        assert call(bob, name, method, path, REMOTE_ADDR=ELSEWHERE).status_code != 429, name


def enrol(phone: str, address: str) -> Any:
    with acting_as("harbor"):
        body = {"phone": phone, "device_public_key": keys.raw_b64url(keys.generate().public_key())}
        return Client(REMOTE_ADDR=address).post(
            "/api/v1/enrolments", body, JSON, headers={"Idempotency-Key": str(new_id())}
        )


def confirm(enrolment_id: str, otp: str, address: str) -> Any:
    with acting_as("harbor"):
        return Client(REMOTE_ADDR=address).post(
            f"/api/v1/enrolments/{enrolment_id}/confirm",
            {"otp": otp},
            JSON,
            headers={"Idempotency-Key": str(new_id())},
        )


def password_of(phone: str) -> str:
    with acting_as("harbor"):
        return str(Client().get(f"/devnet/sms/{phone}").json()["otp"])


def wrong(otp: str) -> str:
    return f"{(int(otp) + 1) % 10**6:06d}"


def test_guesses_of_a_phones_passwords_are_limited_over_all_its_enrolments(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "WRONG_OTPS_PER_HOUR", 7)
    phone = network.people["harbor"][5]["phone"]
    said = []
    for _ in range(2):
        enrolment = enrol(phone, ELSEWHERE).json()["enrolment_id"]
        guess = wrong(password_of(phone))
        said += [confirm(enrolment, guess, ELSEWHERE).json()["code"] for _ in range(4)]
    assert said == ["otp_wrong"] * 7 + ["rate_limited"]
    # There it stays so, also with the right password; the owner, elsewhere, gets in.
    assert confirm(enrolment, password_of(phone), ELSEWHERE).status_code == 429
    own = enrol(phone, HERE).json()["enrolment_id"]
    assert confirm(own, password_of(phone), HERE).status_code == 201


def test_right_passwords_are_not_counted_as_guesses(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "WRONG_OTPS_PER_HOUR", 2)
    phone = network.people["harbor"][5]["phone"]
    for _ in range(5):
        enrolment = enrol(phone, HERE).json()["enrolment_id"]
        assert confirm(enrolment, password_of(phone), HERE).status_code == 201


def test_one_address_sends_one_phone_only_so_many_messages(network: Network) -> None:
    phone, other = (network.people["harbor"][index]["phone"] for index in (5, 6))
    with override_settings(OTPS_PER_PHONE_AND_HOUR=3):
        said = [enrol(phone, ELSEWHERE).status_code for _ in range(5)]
        assert said == [201, 201, 201, 429, 429]
        assert enrol(other, ELSEWHERE).status_code == 201
        assert enrol(phone, HERE).status_code == 201


def test_repeated_enrolment_is_one_message(network: Network) -> None:
    phone = network.people["harbor"][5]["phone"]
    body = {"phone": phone, "device_public_key": keys.raw_b64url(keys.generate().public_key())}
    headers = {"Idempotency-Key": str(new_id())}
    with override_settings(OTPS_PER_PHONE_AND_HOUR=1), acting_as("harbor"):
        for _ in range(3):
            answer = Client(REMOTE_ADDR=HERE).post(
                "/api/v1/enrolments", body, JSON, headers=headers
            )
            assert answer.status_code == 201
