"""Every call of a bank × everyone who must not make it (issue 11): the same refusal, no trace.

The calls come from the OpenAPI document, so a new one is in the matrix from its first day. A
holder against another holder's objects is in `test_others.py`.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cbdc.clock import injected, now
from cbdc.identifiers import new_id
from tests import contract
from tests.books import fingerprint
from tests.holders import JSON, Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
AN_HOUR = timedelta(hours=1)


def calls() -> Iterator[tuple[str, str, str, bool]]:
    """(name, method, path, signed) of each call that takes an access token."""
    for path, methods in contract.document()["paths"].items():
        for method, operation in methods.items():
            if contract.caller_of(operation) == "holder":
                signed = any(p["name"] == "Signature" for p in operation.get("parameters", []))
                yield operation["operationId"], method.upper(), path, signed


CALLS = list(calls())


def own(path: str, holder: Holder) -> str:
    ids = {"wallet_id": holder.wallet_id, "device_id": holder.device_id}
    return re.sub(r"{(\w+)}", lambda match: ids.get(match[1]) or str(new_id()), path)


def answers(
    holder: Holder, headers: Callable[[str, str], dict[str, str]], client: Client | None = None
) -> dict[str, tuple[int, str]]:
    """What harbor says to each call with these headers (of a method and a path)."""
    said = {}
    with acting_as("harbor"):
        for name, method, path, _ in CALLS:
            where = own(path, holder)
            answer = (client or Client()).generic(
                method, where, b"{}", JSON, headers=headers(method, where)
            )
            said[name] = (answer.status_code, answer.json()["code"])
    return said


def signed_by(holder: Holder) -> Callable[[str, str], dict[str, str]]:
    return lambda method, path: dict(holder.headers(path, b"{}", method=method))


def with_token(token: str) -> Callable[[str, str], dict[str, str]]:
    return lambda method, path: {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": str(new_id()),
    }


def everywhere(status: int, code: str) -> dict[str, tuple[int, str]]:
    return {name: (status, code) for name, *_ in CALLS}


UNKNOWN = everywhere(401, "authentication_required")


def test_there_are_calls() -> None:
    assert len(CALLS) >= 24


def test_nobody_is_let_in_without_a_token(alice: Holder) -> None:
    before = fingerprint("harbor")
    assert answers(alice, lambda method, path: {"Idempotency-Key": str(new_id())}) == UNKNOWN
    assert fingerprint("harbor") == before


@pytest.mark.parametrize("token", ["sk_live_" + "0" * 43, "whsec_" + "A" * 32, "e30.e30.e30", "x"])
def test_what_is_no_access_token_opens_nothing(token: str, alice: Holder) -> None:
    assert answers(alice, with_token(token)) == UNKNOWN


def test_token_of_another_bank_opens_nothing(alice: Holder, carol: Holder) -> None:
    before = fingerprint("harbor")
    assert answers(alice, signed_by(carol)) == UNKNOWN
    assert fingerprint("harbor") == before


def test_token_that_is_over_opens_nothing(alice: Holder) -> None:
    later = now() + AN_HOUR
    with injected(lambda: later):
        assert answers(alice, signed_by(alice)) == everywhere(401, "token_expired")


def test_device_that_was_shut_out_opens_nothing(network: Network, alice: Holder) -> None:
    other = Holder(network, "harbor", 0)
    assert other.delete(f"/api/v1/devices/{alice.device_id}").status_code in {200, 204}
    before = fingerprint("harbor")
    assert answers(alice, signed_by(alice)) == UNKNOWN
    assert fingerprint("harbor") == before


def test_session_of_the_staff_is_no_access_token(alice: Holder) -> None:
    client = Client()
    with acting_as("harbor"):
        client.force_login(User.objects.create_superuser("boss", password="not a secret"))
    said = answers(alice, lambda method, path: {"Idempotency-Key": str(new_id())}, client)
    assert said == UNKNOWN


def test_holder_is_no_institution(alice: Holder) -> None:
    before = fingerprint("harbor")
    with acting_as("harbor"):
        for headers in ({}, dict(alice.headers("/interbank/v1/messages", b"{}"))):
            answer = Client().post("/interbank/v1/messages", b"{}", JSON, headers=headers)
            assert answer.json()["code"] in {"signature_missing", "signature_invalid"}
    assert fingerprint("harbor") == before


def test_access_token_opens_no_admin_page(alice: Holder) -> None:
    with acting_as("harbor"):
        answer: Any = Client().get(
            "/admin/accounts/wallet/", headers={"Authorization": f"Bearer {alice.token}"}
        )
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


def test_frozen_wallet_moves_no_money_and_still_shows_itself(alice: Holder, bob: Holder) -> None:
    assert alice.post(f"/api/v1/wallets/{alice.wallet_id}/freeze", {}).status_code == 200
    before = fingerprint("harbor")
    movement = {"amount": 1, "deposit_account": alice.deposit_account}
    for answer in (
        alice.pay(bob.wallet_id, 1),
        alice.post(f"/api/v1/wallets/{alice.wallet_id}/withdrawals", movement),
        alice.post("/api/v1/payment-codes", {"wallet_id": alice.wallet_id}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "wallet_frozen")
    assert fingerprint("harbor") == before
    assert alice.get(f"/api/v1/wallets/{alice.wallet_id}").json()["status"] == "frozen"
    assert alice.get(f"/api/v1/wallets/{alice.wallet_id}/transactions").status_code == 200
