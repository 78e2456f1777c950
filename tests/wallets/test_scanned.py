"""Paying what a QR code asks for: people, shops, and orders of this bank and of another."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from cbdc.identifiers import new_id, wallet_id
from tests.books import fingerprint
from tests.holders import Holder, nobodys_wallet
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.wallets.order_book import Orders, registered
from tests.wallets.test_pay import assert_books_hold
from wallets.payments.orders import OrderDue
from wallets.qr import QrCode, encode

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture
def orders() -> Iterator[Orders]:
    with registered() as book:
        yield book


def scan(payer: Holder, code: QrCode | str, **fields: Any) -> Any:
    qr = code if isinstance(code, str) else encode(code)
    body = {"payer_wallet": payer.wallet_id, "qr": qr, **fields}
    return payer.post("/api/v1/payments", body)


def order_qr(payee: str, amount: int, order_id: UUID, **texts: str) -> QrCode:
    return QrCode(
        wallet_id=payee, name="SHOP", category="5814", amount=amount, order_id=order_id, **texts
    )


def test_code_of_a_person_leaves_the_amount_to_the_payer(alice: Holder, bob: Holder) -> None:
    answer = scan(alice, QrCode(wallet_id=bob.wallet_id), amount=12_34, memo="tea")
    assert answer.status_code == 201
    payment = answer.json()
    assert (payment["status"], payment["amount"], payment["memo"]) == ("completed", 12_34, "tea")
    assert payment["payee_wallet"] == bob.wallet_id
    assert payment["reference"] is None
    assert (alice.balance, bob.balance) == (PURSE - 12_34, 12_34)


def test_code_with_an_amount_is_paid_as_it_says(alice: Holder, bob: Holder) -> None:
    code = QrCode(wallet_id=bob.wallet_id, amount=5_00)
    assert scan(alice, code).json()["amount"] == 5_00
    assert scan(alice, code, amount=5_00).json()["amount"] == 5_00
    assert bob.balance == 10_00


def test_code_of_another_bank_is_paid_there(network: Network, alice: Holder, carol: Holder) -> None:
    payment = scan(alice, QrCode(wallet_id=carol.wallet_id), amount=3_00).json()
    assert payment["status"] == "pending"
    network.drain()
    assert carol.balance == 3_00
    assert_books_hold()


def test_order_of_this_bank_is_paid_once(alice: Holder, bob: Holder, orders: Orders) -> None:
    order_id = new_id()
    orders.open[order_id] = OrderDue(bob.wallet_id, 18_00, "coffee")
    code = order_qr(bob.wallet_id, 18_00, order_id)
    payment = scan(alice, code).json()
    assert payment["status"] == "completed"
    assert payment["reference"] == str(order_id)
    assert payment["memo"] == "coffee"
    assert [str(arrived.id) for arrived in orders.arrived] == [payment["payment_id"]]
    again = scan(alice, code)
    assert (again.status_code, again.json()["code"]) == (409, "order_not_open")
    assert (alice.balance, bob.balance) == (PURSE - 18_00, 18_00)


def test_order_of_another_bank_travels_with_its_reference(
    network: Network, alice: Holder, carol: Holder, orders: Orders
) -> None:
    order_id = new_id()
    payment = scan(alice, order_qr(carol.wallet_id, 18_00, order_id, reference="A-1")).json()
    assert (payment["status"], payment["reference"]) == ("pending", str(order_id))
    assert payment["memo"] == "A-1"
    assert orders.arrived == []
    network.drain()
    [arrived] = orders.arrived
    assert (arrived.payee_wallet, arrived.amount) == (carol.wallet_id, 18_00)
    assert (arrived.reference, str(arrived.id)) == (str(order_id), payment["payment_id"])
    assert alice.payment(payment["payment_id"])["status"] == "completed"
    assert carol.payment(payment["payment_id"])["reference"] == str(order_id)
    assert_books_hold()


OWN = wallet_id("0011", 7)
ORDER = new_id()
REFUSED: dict[str, tuple[QrCode | str | int | None, dict[str, Any], int, str, str | None]] = {
    "no payload": ("https://example.com", {}, 422, "validation_failed", "qr"),
    "a number": (5, {}, 422, "validation_failed", "qr"),
    "null": (None, {}, 422, "validation_failed", "qr"),
    "no amount": (QrCode(wallet_id=OWN), {}, 422, "validation_failed", "amount"),
    "another amount": (
        QrCode(wallet_id=OWN, amount=5),
        {"amount": 6},
        422,
        "validation_failed",
        "amount",
    ),
    "amount of 0": (QrCode(wallet_id=OWN), {"amount": 0}, 422, "invalid_amount", "amount"),
    "a payee beside it": (
        QrCode(wallet_id=OWN, amount=5),
        {"payee_wallet": OWN},
        422,
        "validation_failed",
        "payee_wallet",
    ),
    "nobody": (QrCode(wallet_id=OWN, amount=5), {}, 422, "unknown_payee", None),
    "an order that never was": (order_qr(OWN, 5, ORDER), {}, 422, "unknown_payee", None),
    "no institution": (
        QrCode(wallet_id=wallet_id("9999", 1), amount=5),
        {},
        422,
        "unknown_payee",
        None,
    ),
}


def test_refused_and_nothing_changed(alice: Holder) -> None:
    for case, (code, fields, status, error, field) in REFUSED.items():
        qr = encode(code) if isinstance(code, QrCode) else code
        before = fingerprint("harbor")
        answer = alice.post(
            "/api/v1/payments", {"payer_wallet": alice.wallet_id, "qr": qr, **fields}
        )
        assert (answer.status_code, answer.json()["code"]) == (status, error), case
        if field is not None:
            assert [entry["field"] for entry in answer.json()["errors"]] == [field], case
        assert fingerprint("harbor") == before, case


def test_order_with_a_changed_amount_is_refused(alice: Holder, bob: Holder, orders: Orders) -> None:
    order_id = new_id()
    orders.open[order_id] = OrderDue(bob.wallet_id, 18_00)
    answer = scan(alice, order_qr(bob.wallet_id, 1, order_id))
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert orders.arrived == []


def test_own_code_is_the_same_wallet(alice: Holder) -> None:
    assert scan(alice, QrCode(wallet_id=alice.wallet_id, amount=1)).json()["code"] == "same_wallet"


def test_unknown_wallet_of_another_bank_gives_the_money_back(
    network: Network, alice: Holder
) -> None:
    payment = scan(alice, QrCode(wallet_id=nobodys_wallet("lotus"), amount=1_00)).json()
    network.drain()
    assert alice.payment(payment["payment_id"])["rejection"]["code"] == "unknown_payee"
    assert alice.balance == PURSE
