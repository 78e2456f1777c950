"""Sub-wallets: limits within the parent's, counted there too, and perhaps one payee alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from cbdc.identifiers import new_id
from tests.books import fingerprint
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.wallets.test_pay import assert_books_hold
from wallets.accounts import payees, sub_wallets

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
SHOP = str(new_id())


def open_sub(holder: Holder, **body: Any) -> Any:
    path = f"/api/v1/wallets/{body.pop('under', holder.wallet_id)}/sub-wallets"
    return holder.post(path, {"name": "metro", **body})


def sub_of(holder: Holder, **body: Any) -> str:
    answer = open_sub(holder, **body)
    assert answer.status_code == 201, answer.content
    sub: str = answer.json()["wallet_id"]
    return sub


def pay(holder: Holder, payer: str, payee: str, amount: int) -> Any:
    body = {"payer_wallet": payer, "payee_wallet": payee, "amount": amount}
    return holder.post("/api/v1/payments", body)


def code_of(answer: Any) -> str:
    code: str = answer.json().get("code", "paid")
    return code


def shop(wallet_id: str) -> Iterator[None]:
    before = payees._lookup
    payees.register_merchant_wallets(lambda merchant: wallet_id if merchant == SHOP else None)
    yield
    payees.register_merchant_wallets(before)


@pytest.fixture
def bobs_shop(bob: Holder) -> Iterator[None]:
    yield from shop(bob.wallet_id)


def test_sub_wallet_stands_under_its_parent(alice: Holder) -> None:
    answer = open_sub(alice, limits={"daily": 50_00, "balance": 200_00})
    assert answer.status_code == 201
    sub = answer.json()
    assert (sub["parent"], sub["name"], sub["balance"]) == (alice.wallet_id, "metro", 0)
    assert (sub["category"], sub["kind"], sub["institution"]) == (4, "personal", "harbor")
    assert sub["limits"] == {
        "balance": 200_00,
        "per_payment": 2_000_00,
        "daily": 50_00,
        "annual": 50_000_00,
    }
    listed = alice.get("/api/v1/wallets").json()["data"]
    assert [wallet["wallet_id"] for wallet in listed] == [alice.wallet_id, sub["wallet_id"]]


def test_what_it_pays_counts_at_the_parent_and_filling_it_counts_nowhere(
    alice: Holder, bob: Holder
) -> None:
    sub = sub_of(alice, limits={"per_payment": 30_00})
    assert pay(alice, alice.wallet_id, sub, 100_00).status_code == 201
    assert alice.wallet()["used"] == {"daily": 0, "annual": 0}
    assert code_of(pay(alice, sub, bob.wallet_id, 30_01)) == "payment_limit_exceeded"
    assert pay(alice, sub, bob.wallet_id, 30_00).status_code == 201
    assert alice.wallet()["used"]["daily"] == 30_00
    assert alice.wallet(sub)["used"]["daily"] == 30_00
    assert pay(alice, sub, alice.wallet_id, 70_00).status_code == 201
    assert (alice.balance, alice.wallet(sub)["balance"]) == (PURSE - 30_00, 0)
    assert_books_hold()


def test_sub_wallet_for_one_merchant_pays_that_one_alone(
    alice: Holder, bob: Holder, carol: Holder, bobs_shop: None
) -> None:
    sub = sub_of(alice, merchant_id=SHOP)
    pay(alice, alice.wallet_id, sub, 50_00)
    for payee in (carol.wallet_id, alice.wallet_id):
        assert code_of(pay(alice, sub, payee, 1_00)) == "payee_restricted"
    withdrawal = {"amount": 1_00, "deposit_account": alice.deposit_account}
    answer = alice.post(f"/api/v1/wallets/{sub}/withdrawals", withdrawal)
    assert code_of(answer) == "payee_restricted"
    assert code_of(pay(alice, sub, bob.wallet_id, 1_00)) == "paid"


def test_wrong_sub_wallets_are_refused(
    network: Network, alice: Holder, bob: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sub = sub_of(alice)
    cases: list[tuple[dict[str, Any], str, str | None]] = [
        ({"limits": {"daily": 5_000_01}}, "validation_failed", "limits.daily"),
        ({"limits": {"balance": 0}}, "validation_failed", "limits.balance"),
        ({"limits": {"weekly": 1}}, "validation_failed", "limits.weekly"),
        ({"limits": None}, "validation_failed", "limits"),
        ({"name": ""}, "validation_failed", "name"),
        ({"name": "a\u202eb"}, "validation_failed", "name"),
        ({"parent": alice.wallet_id}, "validation_failed", "parent"),
        ({"merchant_id": "shop"}, "validation_failed", "merchant_id"),
        ({"merchant_id": str(new_id())}, "unknown_payee", None),
        ({"under": sub}, "validation_failed", "wallet_id"),
        ({"under": bob.wallet_id}, "not_found", None),
    ]
    for body, code, field in cases:
        before = fingerprint("harbor")
        answer = open_sub(alice, **body)
        assert code_of(answer) == code, body
        if field is not None:
            assert [entry["field"] for entry in answer.json()["errors"]] == [field], body
        assert fingerprint("harbor") == before, body
    monkeypatch.setattr(sub_wallets, "SUB_WALLETS_MAX", 1)
    assert code_of(open_sub(alice)) == "validation_failed"


def test_upgrade_raises_the_sub_wallets_too(network: Network, alice: Holder) -> None:
    sub = sub_of(alice)
    person = network.people["harbor"][0]
    body = {"category": 3, "full_name": person["full_name"], "id_number": person["id_number"]}
    assert alice.post(f"/api/v1/wallets/{alice.wallet_id}/upgrade", body).status_code == 200
    assert alice.wallet(sub)["category"] == 3
    assert alice.wallet(sub)["limits"]["daily"] == 10_000_00
    answer = alice.post(f"/api/v1/wallets/{sub}/upgrade", {**body, "category": 2})
    assert code_of(answer) == "validation_failed"
