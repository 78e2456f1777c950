"""One person asks another for money, inside a bank and across banks."""

from datetime import timedelta
from typing import Any

import pytest

from cbdc.clock import injected, now
from cbdc.identifiers import wallet_id
from cbdc.institution import CENTRAL_BANK_CODE
from tests.books import fingerprint
from tests.holders import Holder, nobodys_wallet
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold
from tests.wallets.test_races import THREADS, together
from wallets.payments.requests import expire_requests

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
PATH = "/api/v1/payment-requests"


def ask(payee: Holder, payer: str, amount: int = 25_00, **fields: Any) -> Any:
    body = {"payee_wallet": payee.wallet_id, "payer_wallet": payer, "amount": amount, **fields}
    return payee.post(PATH, body)


def asked(payee: Holder, payer: Holder, **fields: Any) -> str:
    answer = ask(payee, payer.wallet_id, **fields)
    assert answer.status_code == 201, answer.content
    request: str = answer.json()["request_id"]
    return request


def tell(holder: Holder, request: str, verb: str) -> Any:
    return holder.post(f"{PATH}/{request}/{verb}", {})


def status(holder: Holder, request: str) -> str:
    found: str = holder.get(f"{PATH}/{request}").json()["status"]
    return found


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_request_is_seen_by_both_and_paid_once(alice: Holder, bob: Holder) -> None:
    request = asked(bob, alice, memo="half the dinner")
    [theirs] = alice.get(PATH, role="payer").json()["data"]
    [own] = bob.get(PATH, role="payee").json()["data"]
    assert theirs == own == bob.get(f"{PATH}/{request}").json()
    assert (own["status"], own["amount"], own["memo"]) == ("open", 25_00, "half the dinner")
    assert alice.get(PATH, role="payee").json()["data"] == []
    assert said(tell(bob, request, "accept")) == (404, "not_found")
    payment = tell(alice, request, "accept")
    assert payment.status_code == 201
    assert (payment.json()["status"], payment.json()["memo"]) == ("completed", "half the dinner")
    paid = bob.get(f"{PATH}/{request}").json()
    assert (paid["status"], paid["payment_id"]) == ("paid", payment.json()["payment_id"])
    for holder, verb in ((alice, "accept"), (alice, "decline"), (bob, "cancel")):
        assert said(tell(holder, request, verb)) == (409, "order_not_open")
    assert (alice.balance, bob.balance) == (PURSE - 25_00, 25_00)


def test_request_is_declined_or_taken_back_or_runs_out(alice: Holder, bob: Holder) -> None:
    declined, cancelled, late = (asked(bob, alice) for _ in range(3))
    assert said(tell(bob, declined, "decline")) == (404, "not_found")
    assert tell(alice, declined, "decline").json()["status"] == "declined"
    assert said(tell(alice, cancelled, "cancel")) == (404, "not_found")
    assert tell(bob, cancelled, "cancel").json()["status"] == "cancelled"
    tomorrow = now() + timedelta(days=1, seconds=1)
    with acting_as("harbor"), injected(lambda: tomorrow):
        assert expire_requests() == 1
        assert expire_requests() == 0
    assert status(bob, late) == "expired"
    for request in (declined, cancelled, late):
        assert said(tell(alice, request, "accept")) == (409, "order_not_open")
    assert alice.balance == PURSE


def test_request_across_banks_is_paid_there(network: Network, alice: Holder, carol: Holder) -> None:
    request = asked(carol, alice, memo="tickets")
    assert alice.get(PATH).json()["data"] == []
    network.drain()
    assert status(alice, request) == "open"
    payment = tell(alice, request, "accept").json()
    assert payment["status"] == "pending"
    assert (status(alice, request), status(carol, request)) == ("paying", "open")
    network.drain()
    assert (status(alice, request), status(carol, request)) == ("paid", "paid")
    assert carol.get(f"{PATH}/{request}").json()["payment_id"] == payment["payment_id"]
    assert (alice.balance, carol.balance) == (PURSE - 25_00, 25_00)
    assert_books_hold()


def test_what_becomes_of_a_request_is_told_to_the_other_bank(
    network: Network, alice: Holder, carol: Holder
) -> None:
    declined, cancelled = asked(carol, alice), asked(carol, alice)
    nobody = ask(carol, nobodys_wallet("harbor")).json()["request_id"]
    network.drain()
    tell(alice, declined, "decline")
    tell(carol, cancelled, "cancel")
    network.drain()
    assert status(carol, declined) == "declined"
    assert status(alice, cancelled) == "cancelled"
    assert status(carol, nobody) == "declined"


def test_rejected_payment_opens_the_request_again(
    network: Network, alice: Holder, carol: Holder
) -> None:
    request = asked(carol, alice)
    network.drain()
    carol.post(f"/api/v1/wallets/{carol.wallet_id}/freeze", {})
    payment = tell(alice, request, "accept").json()
    network.drain()
    assert alice.payment(payment["payment_id"])["status"] == "rejected"
    assert status(alice, request) == "open"
    assert alice.balance == PURSE


def test_request_waits_for_a_bank_that_is_away(
    network: Network, alice: Holder, carol: Holder
) -> None:
    network.away.add(CENTRAL_BANK_CODE)
    request = asked(carol, alice)
    network.drain()
    network.away.clear()
    network.drain()
    assert status(alice, request) == "open"


def test_wrong_requests_are_refused(alice: Holder, bob: Holder) -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"payer_wallet": bob.wallet_id}, 422, "same_wallet"),
        ({"payer_wallet": nobodys_wallet("harbor")}, 422, "validation_failed"),
        ({"payer_wallet": wallet_id("9999", 1)}, 422, "validation_failed"),
        ({"payer_wallet": "0011000000000000"}, 422, "invalid_wallet_id"),
        ({"payee_wallet": alice.wallet_id}, 404, "not_found"),
        ({"amount": 0}, 422, "invalid_amount"),
        ({"expires_in": 59}, 422, "validation_failed"),
        ({"currency": "USD"}, 422, "currency_mismatch"),
    ]
    base = {"payee_wallet": bob.wallet_id, "payer_wallet": alice.wallet_id, "amount": 1}
    for fields, refused, code in cases:
        before = fingerprint("harbor")
        assert said(bob.post(PATH, {**base, **fields})) == (refused, code), fields
        assert fingerprint("harbor") == before
    assert said(bob.get(PATH, role="owner")) == (422, "validation_failed")


def test_many_acceptances_at_once_pay_once(alice: Holder, bob: Holder) -> None:
    request = asked(bob, alice)
    path = f"{PATH}/{request}/accept"
    answers = together("harbor", lambda _: alice.post_here(path, {}))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (THREADS - 1)
    assert bob.balance == 25_00
