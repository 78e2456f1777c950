"""Refunds: partial, repeated, never above what was paid (INV-8), to the wallet that paid."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cbdc.clock import injected, now
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.ledger.selectors import balance
from cbdc.messaging.delivery import deliver_due
from cbdc.messaging.models import OutboxMessage
from commercial_banks.chart import FEES
from tests.books import fingerprint
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import ORDERS, PRICE, Till, refused, scan
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold
from tests.wallets.test_races import together
from wallets.merchants import refunds
from wallets.merchants.fees import fee_of
from wallets.merchants.models import Order
from wallets.merchants.refunds import send_due_refunds

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def paid_order(shop: Till, payer: Holder, network: Network, amount: int = PRICE) -> dict[str, str]:
    order = shop.order(amount)
    assert scan(payer, order).status_code == 201
    network.drain()
    return order


def fees(bank: str) -> int:
    with acting_as(bank):
        return balance(FEES)


def test_parts_go_back_until_nothing_is_left(network: Network, shop: Till, alice: Holder) -> None:
    order = paid_order(shop, alice, network)
    answer = shop.refund(order, 5_00, out_refund_no="R-1")
    assert answer.status_code == 201
    refund = answer.json()
    assert (refund["status"], refund["amount"], refund["out_refund_no"]) == (
        "completed",
        5_00,
        "R-1",
    )
    assert shop.get(f"/api/v1/merchant/refunds/{refund['refund_id']}").json() == refund
    assert refused(shop.refund(order, PRICE - 5_00 + 1)) == (422, "refund_exceeds_payment")
    assert shop.refund(order, PRICE - 5_00).status_code == 201
    assert refused(shop.refund(order, 1)) == (422, "refund_exceeds_payment")
    assert shop.see(order)["refunded"] == PRICE
    assert (alice.balance, shop.balance) == (PURSE, 0)
    listed = shop.get(f"{ORDERS}/{order['order_id']}/refunds").json()["data"]
    assert [row["amount"] for row in listed] == [5_00, PRICE - 5_00]
    assert [row["kind"] for row in alice.transactions()][:2] == ["refund", "refund"]
    assert_books_hold()


def test_refund_to_another_bank_is_pending_and_then_completed(
    network: Network, far_shop: Till, alice: Holder
) -> None:
    order = paid_order(far_shop, alice, network)
    refund = far_shop.refund(order, 5_00).json()
    assert refund["status"] == "pending"
    under_way = far_shop.see(order)
    assert (under_way["refunded"], under_way["refunding"]) == (0, 5_00)
    assert refused(far_shop.refund(order, PRICE - 5_00 + 1))[1] == "refund_exceeds_payment"
    network.drain()
    path = f"/api/v1/merchant/refunds/{refund['refund_id']}"
    assert far_shop.get(path).json()["status"] == "completed"
    ended = far_shop.see(order)
    assert (ended["refunded"], ended["refunding"]) == (5_00, 0)
    assert (alice.balance, far_shop.balance) == (PURSE - PRICE + 5_00, PRICE - 5_00)
    assert_books_hold()


def test_refund_that_the_payers_bank_refuses_comes_back(
    network: Network, far_shop: Till, alice: Holder
) -> None:
    far_shop.terms(fee_basis_points=100)
    order = paid_order(far_shop, alice, network)
    path = f"/api/v1/wallets/{alice.wallet_id}"
    alice.post(f"{path}/close", {"deposit_account": alice.deposit_account})
    refund = far_shop.refund(order, 5_00).json()
    network.drain()
    ended = far_shop.get(f"/api/v1/merchant/refunds/{refund['refund_id']}").json()
    assert (ended["status"], ended["rejection"]["code"]) == ("rejected", "wallet_closed")
    seen = far_shop.see(order)
    assert (seen["refunding"], seen["fee"], fees("lotus")) == (0, 18, 18)
    assert far_shop.balance == PRICE - 18
    assert_books_hold()


def test_refund_that_overtakes_the_payment_is_tried_again(
    network: Network, far_shop: Till, alice: Holder
) -> None:
    order = far_shop.order()
    scan(alice, order)
    for sender, to in (("harbor", CENTRAL_BANK_CODE), (CENTRAL_BANK_CODE, "lotus")):
        with acting_as(sender):
            deliver_due(to)
    assert far_shop.see(order)["status"] == "paid"  # the central bank does not know it yet
    with acting_as("lotus"):
        status = OutboxMessage.objects.get(kind="pacs.002", delivered_at__isnull=True)
        OutboxMessage.objects.filter(id=status.id).update(due_at=now() + timedelta(minutes=1))
        refund = far_shop.refund(order, 5_00).json()
    with acting_as("lotus"):
        deliver_due(CENTRAL_BANK_CODE)
    network.drain()
    path = f"/api/v1/merchant/refunds/{refund['refund_id']}"
    assert far_shop.get(path).json()["status"] == "pending"
    assert far_shop.see(order)["refunding"] == 5_00
    later = now() + timedelta(seconds=2)
    with injected(lambda: later):
        with acting_as("lotus"):
            assert send_due_refunds() == 1
        network.drain()
    assert far_shop.get(path).json()["status"] == "completed"
    assert (alice.balance, far_shop.balance) == (PURSE - PRICE + 5_00, PRICE - 5_00)
    assert_books_hold()


def test_refused_refunds_change_nothing(network: Network, shop: Till, alice: Holder) -> None:
    order, unpaid = paid_order(shop, alice, network), shop.order()
    shop.refund(order, 1, out_refund_no="R-1")
    before = fingerprint("harbor")
    south = shop.other_key(shop="South")
    before = fingerprint("harbor")
    path = f"{ORDERS}/{order['order_id']}/refunds"
    body = {"out_refund_no": "R-2", "amount": 1, "reason": "x"}
    assert refused(shop.refund(order, 1, out_refund_no="R-1"))[1] == "duplicate_out_refund_no"
    assert refused(shop.refund(unpaid, 1)) == (422, "refund_exceeds_payment")
    assert refused(south.post(path, body)) == (404, "not_found")
    assert refused(shop.post(f"{ORDERS}/{new_id()}/refunds", body)) == (404, "not_found")
    assert refused(shop.post(path, {**body, "amount": 0})) == (422, "invalid_amount")
    assert refused(shop.post(path, {**body, "reason": ""})) == (422, "validation_failed")
    assert refused(shop.post(path, {**body, "status": "completed"})) == (422, "validation_failed")
    assert fingerprint("harbor") == before


@pytest.mark.parametrize("bank", ["harbor", "lotus"])
def test_of_two_refunds_of_60_percent_at_once_one_wins(
    network: Network, shop: Till, far_shop: Till, alice: Holder, bank: str
) -> None:
    till = shop if bank == "harbor" else far_shop
    order = paid_order(till, alice, network)
    path = f"{ORDERS}/{order['order_id']}/refunds"

    def ask(number: int) -> int:
        body = {"out_refund_no": f"R-{number}", "amount": PRICE * 6 // 10, "reason": "x"}
        return int(till.post_here(path, body).status_code)

    assert sorted(together(bank, ask, 2)) == [201, 422]
    network.drain()
    assert till.see(order)["refunded"] == PRICE * 6 // 10
    assert alice.balance == PURSE - PRICE + PRICE * 6 // 10
    assert_books_hold()


@pytest.mark.parametrize("bank", ["harbor", "lotus"])
def test_fee_is_kept_of_what_is_left_alone(
    network: Network, shop: Till, far_shop: Till, alice: Holder, bank: str
) -> None:
    till = shop if bank == "harbor" else far_shop
    till.terms(fee_basis_points=60, fee_floor=5, fee_cap=10_00)
    order = paid_order(till, alice, network)
    assert till.see(order)["fee"] == fees(bank) == 11  # 10.8 fen, half up
    assert till.balance == PRICE - 11
    till.terms(fee_basis_points=100)  # the terms of the day it was paid hold for its refunds
    till.refund(order, 9_00)
    network.drain()
    assert till.see(order)["fee"] == fees(bank) == 5
    till.refund(order, 9_00)
    network.drain()
    assert (till.see(order)["fee"], fees(bank), till.balance) == (0, 0, 0)
    assert alice.balance == PURSE
    assert_books_hold()


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(amounts=st.lists(st.integers(1, 12), min_size=1, max_size=8), far=st.booleans())
def test_no_sequence_of_refunds_passes_the_payment(
    network: Network, shop: Till, far_shop: Till, alice: Holder, amounts: list[int], far: bool
) -> None:
    till = far_shop if far else shop
    till.terms(fee_basis_points=2_000, fee_floor=1, fee_cap=3)
    order = paid_order(till, alice, network, 20)
    purse, left = alice.balance, 20
    for amount in amounts:
        answer = till.refund(order, amount)
        network.drain()
        assert (answer.status_code == 201) == (amount <= left), answer.content
        left -= amount if amount <= left else 0
    ended = till.see(order)
    assert ended["refunded"] == 20 - left
    assert ended["fee"] == fee_of(left, basis_points=2_000, floor=1, cap=3)
    assert alice.balance == purse + 20 - left
    with acting_as(till.bank):
        assert Order.objects.filter(refunding__gt=0).count() == 0


def test_refund_that_another_overtook_reckons_anew(
    network: Network, shop: Till, alice: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.terms(fee_basis_points=60, fee_floor=5)
    order = paid_order(shop, alice, network)
    sends, overtaken = refunds._send, threading.Event()

    def other_refund() -> None:
        """Of another connection, committed between this one's look and its change."""
        half = Order.objects.using("harbor").filter(id=order["order_id"])
        half.update(refunded=9_00, fee=5)
        connections["harbor"].close()

    def overtake(*args: Any) -> Any:
        result = sends(*args)
        if not overtaken.is_set():
            overtaken.set()
            thread = threading.Thread(target=other_refund)
            thread.start()
            thread.join()
        return result

    monkeypatch.setattr(refunds, "_send", overtake)
    assert shop.refund(order, 9_00).status_code == 201
    seen = shop.see(order)
    assert (seen["refunded"], seen["fee"]) == (PRICE, 0)
