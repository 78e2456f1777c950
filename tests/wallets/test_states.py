"""Freezing, by the holder and by the bank, and closing with the balance paid out."""

from typing import Any

import pytest
from django.db import transaction

from tests.books import fingerprint
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold
from tests.wallets.test_races import THREADS, payment, together
from tests.wallets.test_sub_wallets import code_of, pay, sub_of
from wallets.accounts import states
from wallets.accounts.models import Wallet

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def tell(holder: Holder, verb: str, wallet: str = "", **body: Any) -> Any:
    return holder.post(f"/api/v1/wallets/{wallet or holder.wallet_id}/{verb}", body)


def by_bank(holder: Holder, verb: str) -> None:
    with acting_as("harbor"), transaction.atomic():
        wallet = Wallet.objects.get(pk=holder.wallet_id)
        getattr(states, verb)(wallet=wallet, by=Wallet.FrozenBy.BANK)


def test_frozen_wallet_neither_pays_nor_receives_until_it_is_thawed(
    network: Network, alice: Holder, bob: Holder, carol: Holder
) -> None:
    sub = sub_of(alice)
    pay(alice, alice.wallet_id, sub, 10_00)
    answer = alice.post(f"/api/v1/wallets/{alice.wallet_id}/freeze", b"", signed=False)
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["frozen_by"]) == ("frozen", "holder")
    assert tell(alice, "freeze").json() == answer.json()  # once more changes nothing
    carol.top_up(PURSE)
    incoming = carol.pay(alice.wallet_id, 1_00).json()
    network.drain()
    assert carol.payment(incoming["payment_id"])["rejection"]["code"] == "wallet_frozen"
    movement = {"amount": 1, "deposit_account": alice.deposit_account}
    for refused in (
        alice.pay(bob.wallet_id, 1),
        pay(alice, sub, bob.wallet_id, 1),
        bob.pay(alice.wallet_id, 1),
        alice.post(f"/api/v1/wallets/{alice.wallet_id}/top-ups", movement),
        alice.post(f"/api/v1/wallets/{alice.wallet_id}/withdrawals", movement),
        alice.post("/api/v1/payment-codes", {"wallet_id": alice.wallet_id}),
        tell(alice, "sub-wallets", name="more"),
        tell(alice, "close", deposit_account=alice.deposit_account),
        tell(alice, "unfreeze", sub),
    ):
        assert (refused.status_code, code_of(refused)) == (422, "wallet_frozen")
    thawed = tell(alice, "unfreeze")
    assert (thawed.json()["status"], thawed.json()["frozen_by"]) == ("active", None)
    assert alice.pay(bob.wallet_id, 1).status_code == 201
    assert pay(alice, sub, bob.wallet_id, 1).status_code == 201
    assert_books_hold()


def test_bank_freeze_is_for_the_bank_to_lift(alice: Holder, bob: Holder) -> None:
    tell(alice, "freeze")
    by_bank(alice, "freeze")
    assert alice.wallet()["frozen_by"] == "bank"
    answer = tell(alice, "unfreeze")
    assert (answer.status_code, code_of(answer)) == (403, "permission_denied")
    tell(alice, "freeze")
    assert alice.wallet()["frozen_by"] == "bank"
    by_bank(alice, "unfreeze")
    assert alice.pay(bob.wallet_id, 1).status_code == 201


def test_unfreezing_takes_a_signature(alice: Holder) -> None:
    tell(alice, "freeze")
    path = f"/api/v1/wallets/{alice.wallet_id}/unfreeze"
    answer = alice.post(path, {}, signed=False)
    assert (answer.status_code, code_of(answer)) == (401, "signature_missing")


def test_payment_under_way_ends_although_its_wallet_was_frozen(
    network: Network, alice: Holder, carol: Holder
) -> None:
    paying = alice.pay(carol.wallet_id, 5_00).json()
    tell(alice, "freeze")
    network.drain()
    assert alice.payment(paying["payment_id"])["status"] == "completed"
    assert (alice.balance, carol.balance) == (PURSE - 5_00, 5_00)


def test_closing_pays_the_balance_out_and_ends_the_wallet(
    network: Network, alice: Holder, bob: Holder
) -> None:
    before = fingerprint("harbor")
    assert [entry["field"] for entry in tell(alice, "close").json()["errors"]] == [
        "deposit_account"
    ]
    theirs = tell(alice, "close", deposit_account=bob.deposit_account)
    assert (theirs.status_code, code_of(theirs)) == (404, "not_found")
    assert fingerprint("harbor") == before
    answer = tell(alice, "close", deposit_account=alice.deposit_account)
    assert answer.status_code == 200
    closed = answer.json()
    assert (closed["status"], closed["balance"]) == ("closed", 0)
    assert closed["closed_at"] is not None
    paid_out = alice.transactions()[0]
    assert (paid_out["kind"], paid_out["amount"]) == ("withdrawal", PURSE)
    assert paid_out["counterparty"] == alice.deposit_account
    for refused in (
        bob.pay(alice.wallet_id, 1),
        alice.pay(bob.wallet_id, 1),
        tell(alice, "freeze"),
        tell(alice, "unfreeze"),
        tell(alice, "close"),
    ):
        assert (refused.status_code, code_of(refused)) == (422, "wallet_closed")
    assert_books_hold()
    again = Holder(network, "harbor", 0)  # the phone is free for a new wallet
    assert again.wallet_id != alice.wallet_id
    assert [wallet["wallet_id"] for wallet in again.get("/api/v1/wallets").json()["data"]] == [
        again.wallet_id
    ]


def test_wallet_closes_after_its_sub_wallets_and_after_what_is_under_way(
    network: Network, alice: Holder, carol: Holder
) -> None:
    sub = sub_of(alice)
    pay(alice, alice.wallet_id, sub, 20_00)
    refused = tell(alice, "close", deposit_account=alice.deposit_account)
    assert [entry["code"] for entry in refused.json()["errors"]] == ["sub_wallets"]
    assert tell(alice, "close", sub).json()["status"] == "closed"
    assert alice.balance == PURSE  # what it held is back
    paying = alice.pay(carol.wallet_id, 5_00).json()
    refused = tell(alice, "close", deposit_account=alice.deposit_account)
    assert [entry["code"] for entry in refused.json()["errors"]] == ["payment_pending"]
    assert alice.balance == PURSE - 5_00
    network.drain()
    assert alice.payment(paying["payment_id"])["status"] == "completed"
    answer = tell(alice, "close", deposit_account=alice.deposit_account)
    assert answer.json()["balance"] == 0
    assert_books_hold()


def test_money_that_comes_in_while_a_wallet_closes_is_not_lost(alice: Holder, bob: Holder) -> None:
    bob.top_up(PURSE)
    body = payment(bob, alice, 1_00)
    close = {"deposit_account": alice.deposit_account}
    path = f"/api/v1/wallets/{alice.wallet_id}/close"

    def work(index: int) -> Any:
        if index == THREADS // 2:
            return alice.post_here(path, close)
        return bob.post_here("/api/v1/payments", body)

    answers = together("harbor", work)
    closing = answers.pop(THREADS // 2)
    assert closing.status_code == 200, closing.content
    paid = sum(answer.status_code == 201 for answer in answers)
    said = {answer.json().get("code") for answer in answers if answer.status_code != 201}
    assert said <= {"wallet_closed"}
    assert (alice.balance, bob.balance) == (0, PURSE - paid * 1_00)
    withdrawn = sum(row["amount"] for row in alice.transactions() if row["kind"] == "withdrawal")
    assert withdrawn == PURSE + paid * 1_00
    assert_books_hold()
