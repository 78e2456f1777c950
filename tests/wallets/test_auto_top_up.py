"""What a payment lacks comes from the deposit account, in the same step, if the holder said so."""

from typing import Any

import pytest

from cbdc.ledger.selectors import available
from tests.books import fingerprint
from tests.holders import Holder, nobodys_wallet
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold
from tests.wallets.test_races import THREADS, payment, together

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
DEPOSIT = 10_000_00 - PURSE  # what Alice's account holds after her purse was filled


def path(holder: Holder) -> str:
    return f"/api/v1/wallets/{holder.wallet_id}/auto-top-up"


def switch_on(holder: Holder, account: str = "", **changes: Any) -> Any:
    body = {"deposit_account": account or holder.deposit_account}
    return holder.post(path(holder), body, method="PUT", **changes)


def deposit_of(holder: Holder) -> int:
    with acting_as(holder.bank):
        return available(int(holder.deposit_account))


def test_it_is_off_until_the_holder_signs_for_it(alice: Holder, bob: Holder) -> None:
    assert alice.get(path(alice)).json()["deposit_account"] is None
    assert alice.pay(bob.wallet_id, PURSE + 1).json()["code"] == "insufficient_funds"
    assert switch_on(alice, signed=False).status_code == 401
    assert switch_on(alice, bob.deposit_account).json()["code"] == "not_found"
    assert switch_on(alice).json()["deposit_account"] == alice.deposit_account
    assert alice.wallet()["auto_top_up"] == alice.deposit_account
    for _ in range(2):
        assert alice.delete(path(alice)).status_code == 204
    assert alice.pay(bob.wallet_id, PURSE + 1).json()["code"] == "insufficient_funds"


def test_the_shortfall_and_no_more_is_topped_up(
    network: Network, alice: Holder, bob: Holder, carol: Holder
) -> None:
    switch_on(alice)
    assert alice.pay(bob.wallet_id, 100_00).status_code == 201  # there was enough
    assert deposit_of(alice) == DEPOSIT
    paid = alice.pay(bob.wallet_id, PURSE)
    assert paid.status_code == 201
    assert (alice.balance, bob.balance) == (0, PURSE + 100_00)
    assert deposit_of(alice) == DEPOSIT - 100_00
    newest, top_up, *_ = alice.transactions()
    assert (newest["kind"], newest["amount"], newest["balance_after"]) == ("payment", PURSE, 0)
    assert (top_up["kind"], top_up["amount"]) == ("top_up", 100_00)
    assert top_up["counterparty"] == alice.deposit_account
    across = alice.pay(carol.wallet_id, 7_00).json()
    network.drain()
    assert alice.payment(across["payment_id"])["status"] == "completed"
    assert (deposit_of(alice), carol.balance) == (DEPOSIT - 107_00, 7_00)
    assert_books_hold()


def test_refused_payment_tops_nothing_up(alice: Holder, bob: Holder) -> None:
    switch_on(alice)
    before = fingerprint("harbor")
    assert alice.pay(bob.wallet_id, 2_000_01).json()["code"] == "payment_limit_exceeded"
    assert alice.pay(alice.wallet_id, PURSE + 1).json()["code"] == "same_wallet"
    assert fingerprint("harbor") == before
    assert alice.pay(nobodys_wallet("harbor"), PURSE + 1).json()["code"] == "unknown_payee"
    assert fingerprint("harbor") == before


def test_deposit_that_does_not_do_is_insufficient_too(alice: Holder, bob: Holder) -> None:
    switch_on(bob)
    path = f"/api/v1/wallets/{bob.wallet_id}/top-ups"
    body = {"amount": 9_999_50, "deposit_account": bob.deposit_account}
    assert bob.post(path, body).status_code == 201
    withdrawn = {"amount": 1, "deposit_account": bob.deposit_account}
    bob.post(f"/api/v1/wallets/{bob.wallet_id}/withdrawals", withdrawn)
    for _ in range(2):
        assert bob.pay(alice.wallet_id, 2_000_00).status_code == 201
    # 5,999.49 in the wallet, 0.51 in the account; move the wallet's money off by a sub-wallet
    sub = bob.post(f"/api/v1/wallets/{bob.wallet_id}/sub-wallets", {"name": "away"}).json()
    assert bob.pay(sub["wallet_id"], 5_999_49).status_code == 201
    before = fingerprint("harbor")
    assert bob.pay(alice.wallet_id, 52).json()["code"] == "insufficient_funds"
    assert fingerprint("harbor") == before
    assert bob.pay(alice.wallet_id, 51).status_code == 201
    assert (bob.balance, deposit_of(bob)) == (0, 0)
    assert_books_hold()


def test_many_at_once_top_up_what_they_lack_together(alice: Holder, bob: Holder) -> None:
    switch_on(alice)
    body = payment(alice, bob, 50_00)  # 20 of them are twice the purse
    answers = together("harbor", lambda _: alice.post_here("/api/v1/payments", body))
    paid = sum(answer.status_code == 201 for answer in answers)
    assert paid == THREADS, [answer.json() for answer in answers]
    assert bob.balance == THREADS * 50_00
    assert alice.balance + deposit_of(alice) == 10_000_00 - THREADS * 50_00
    assert_books_hold()
