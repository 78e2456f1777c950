"""Paying inside a bank and across banks, as holders and all three institutions see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.messaging.models import OutboxMessage
from commercial_banks.clearing import tasks
from tests.holders import Holder, nobodys_wallet
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.support import BANKS, NUMBERS, acting_as

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def assert_books_hold() -> None:
    for code in NUMBERS:
        with acting_as(code):
            call_command("audit_ledger")
            call_command("audit_bank" if code in BANKS else "audit_central_bank")


def test_payment_inside_a_bank_is_completed_at_once(alice: Holder, bob: Holder) -> None:
    answer = alice.pay(bob.wallet_id, 12_34, more={"memo": "tea"})
    assert answer.status_code == 201
    payment = answer.json()
    assert payment["status"] == "completed"
    assert payment["memo"] == "tea"
    assert payment["rejection"] is None
    assert payment["completed_at"] is not None
    assert (alice.balance, bob.balance) == (PURSE - 12_34, 12_34)
    assert bob.payment(payment["payment_id"]) == payment
    [shown] = bob.transactions()
    assert (shown["direction"], shown["amount"], shown["balance_after"]) == ("in", 12_34, 12_34)
    assert shown["counterparty"] == alice.wallet_id
    assert_books_hold()


def test_payment_across_banks_is_pending_then_completed(
    network: Network, alice: Holder, carol: Holder
) -> None:
    payment = alice.pay(carol.wallet_id, 23_45).json()
    assert payment["status"] == "pending"
    assert alice.balance == PURSE - 23_45
    network.drain()
    assert alice.payment(payment["payment_id"])["status"] == "completed"
    assert (alice.balance, carol.balance) == (PURSE - 23_45, 23_45)
    assert [row["transaction_id"] for row in carol.transactions()] == [payment["payment_id"]]
    assert_books_hold()


def test_unknown_wallet_of_another_bank_gives_the_money_back(
    network: Network, alice: Holder
) -> None:
    payment = alice.pay(nobodys_wallet("lotus"), 1_00).json()
    network.drain()
    ended = alice.payment(payment["payment_id"])
    assert ended["status"] == "rejected"
    assert ended["rejection"]["code"] == "unknown_payee"
    assert alice.balance == PURSE
    assert_books_hold()


@pytest.mark.parametrize("away", [CENTRAL_BANK_CODE, "lotus"])
def test_payment_waits_for_an_institution_that_is_away(
    network: Network, alice: Holder, carol: Holder, away: str
) -> None:
    network.away.add(away)
    payment = alice.pay(carol.wallet_id, 5_00).json()
    network.drain()
    assert alice.payment(payment["payment_id"])["status"] == "pending"
    assert (alice.balance, carol.balance) == (PURSE - 5_00, 0)
    assert_books_hold()
    network.away.clear()
    network.drain()
    assert alice.payment(payment["payment_id"])["status"] == "completed"
    assert carol.balance == 5_00
    assert_books_hold()


def test_question_does_not_overtake_its_payment(
    network: Network, alice: Holder, carol: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "ASK_AFTER", timedelta(0))
    network.away.add(CENTRAL_BANK_CODE)
    payment = alice.pay(carol.wallet_id, 5_00).json()
    network.drain()
    with acting_as("harbor"):
        tasks.chase()
        assert not OutboxMessage.objects.filter(kind="pacs.028").exists()
    network.away.clear()
    network.away.add("lotus")
    network.drain()
    with acting_as("harbor"):
        tasks.chase()
        assert OutboxMessage.objects.filter(kind="pacs.028").count() == 1
    network.away.clear()
    network.drain()
    assert alice.payment(payment["payment_id"])["status"] == "completed"
    assert_books_hold()


def test_retry_with_the_same_key_pays_once(network: Network, alice: Holder, carol: Holder) -> None:
    key = str(new_id())
    first = alice.pay(carol.wallet_id, 7_00, idempotency_key=key)
    network.drain()
    again = alice.pay(carol.wallet_id, 7_00, idempotency_key=key)
    network.drain()
    assert again.status_code == first.status_code == 201
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert (alice.balance, carol.balance) == (PURSE - 7_00, 7_00)


def test_top_up_and_withdrawal_swap_one_to_one(alice: Holder) -> None:
    path = f"/api/v1/wallets/{alice.wallet_id}/withdrawals"
    body = {"amount": 200_00, "deposit_account": alice.deposit_account}
    answer = alice.post(path, body)
    assert answer.status_code == 201
    assert answer.json()["status"] == "completed"
    assert alice.balance == PURSE - 200_00
    assert {row["kind"] for row in alice.transactions()} == {"top_up", "withdrawal"}
    assert_books_hold()


def refused(answer: Any, code: str) -> bool:
    return bool(
        answer.json()["code"] == code and answer["Content-Type"].startswith("application/p")
    )


def test_deposit_account_of_somebody_else_is_not_found(alice: Holder, bob: Holder) -> None:
    for verb in ("top-ups", "withdrawals"):
        path = f"/api/v1/wallets/{alice.wallet_id}/{verb}"
        answer = alice.post(path, {"amount": 1_00, "deposit_account": bob.deposit_account})
        assert answer.status_code == 404
        assert refused(answer, "not_found")
    assert alice.balance == PURSE
