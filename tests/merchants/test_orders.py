"""Orders by QR code: placed, paid by wallets of any bank, closed, expired, found."""

from datetime import timedelta
from typing import Any

import pytest

from cbdc.clock import injected, now
from cbdc.identifiers import new_id
from tests.books import fingerprint
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import ORDERS, PRICE, Till, refused, scan
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold
from wallets.merchants.keys import Scope
from wallets.merchants.models import Merchant, Order
from wallets.merchants.orders import expire
from wallets.qr import decode

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def test_order_is_answered_with_a_code_that_names_it(shop: Till) -> None:
    order = shop.order(out_trade_no="A-1", description="two flat whites")
    code = decode(order["qr"])
    assert (str(code.order_id), code.amount) == (order["order_id"], PRICE)
    assert (code.wallet_id, code.name, code.reference) == (shop.wallet_id, "COFFEE HOUSE", "A-1")
    assert (order["status"], order["amount"], order["currency"]) == ("open", PRICE, "CNY")
    assert (order["refunded"], order["payment_id"], order["paid_at"]) == (0, None, None)
    assert shop.see(order) == order


def test_wallet_of_this_bank_pays_at_once(shop: Till, alice: Holder) -> None:
    order = shop.order()
    payment = scan(alice, order).json()
    assert (payment["status"], payment["reference"]) == ("completed", order["order_id"])
    assert payment["memo"] == "flat white"
    paid = shop.see(order)
    assert (paid["status"], paid["payment_id"]) == ("paid", payment["payment_id"])
    assert paid["paid_at"] is not None
    assert (alice.balance, shop.balance) == (PURSE - PRICE, PRICE)
    assert_books_hold()


def test_wallet_of_another_bank_pays_too(network: Network, far_shop: Till, alice: Holder) -> None:
    order = far_shop.order()
    payment = scan(alice, order).json()
    assert payment["status"] == "pending"
    network.drain()
    paid = far_shop.see(order)
    assert (paid["status"], paid["payment_id"]) == ("paid", payment["payment_id"])
    assert (alice.balance, far_shop.balance) == (PURSE - PRICE, PRICE)
    assert_books_hold()


def test_paid_order_is_refused_to_the_next_payer(shop: Till, alice: Holder) -> None:
    order = shop.order()
    scan(alice, order)
    before = fingerprint("harbor")
    assert refused(scan(alice, order)) == (409, "order_not_open")
    assert fingerprint("harbor") == before


def test_closed_order_is_not_paid(shop: Till, alice: Holder) -> None:
    order = shop.order()
    closed = shop.post(f"{ORDERS}/{order['order_id']}/close")
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert closed.json()["closed_at"] is not None
    assert refused(scan(alice, order)) == (409, "order_not_open")
    again = shop.post(f"{ORDERS}/{order['order_id']}/close", {})
    assert again.json() == closed.json()


def test_paid_order_is_not_closed(shop: Till, alice: Holder) -> None:
    order = shop.order()
    scan(alice, order)
    answer = shop.post(f"{ORDERS}/{order['order_id']}/close")
    assert refused(answer) == (409, "order_not_open")
    assert shop.see(order)["status"] == "paid"


def test_order_expires_at_its_time_and_the_sweep_says_so(shop: Till, alice: Holder) -> None:
    order = shop.order(expires_in=60)
    later = now() + timedelta(seconds=61)
    with injected(lambda: later):
        assert shop.see(order)["status"] == "expired"
        assert refused(shop.post(f"{ORDERS}/{order['order_id']}/close"))[1] == "order_not_open"
        with acting_as("harbor"):
            assert (expire(), expire()) == (1, 0)
            assert Order.objects.get(id=order["order_id"]).status == "expired"
        assert shop.see(order)["closed_at"] is not None
    assert refused(scan(alice, order)) == (409, "order_not_open")


def test_order_is_found_by_either_number(shop: Till) -> None:
    order = shop.order(out_trade_no="B 1".replace(" ", "-"))
    assert shop.get(ORDERS, out_trade_no="B-1").json() == order
    assert refused(shop.get(ORDERS, out_trade_no="B-2")) == (404, "not_found")
    assert refused(shop.get(f"{ORDERS}/{new_id()}")) == (404, "not_found")
    assert refused(shop.get(f"{ORDERS}/B-1")) == (404, "not_found")


def test_orders_are_listed_newest_first(shop: Till, alice: Holder) -> None:
    made = [shop.order() for _ in range(3)]
    scan(alice, made[0])
    first = shop.get(ORDERS, limit="2").json()
    rest = shop.get(ORDERS, limit="2", cursor=first["next_cursor"]).json()
    listed = [order["order_id"] for order in first["data"] + rest["data"]]
    assert listed == [order["order_id"] for order in reversed(made)]
    assert rest["next_cursor"] is None
    [paid] = shop.get(ORDERS, status="paid").json()["data"]
    assert paid["order_id"] == made[0]["order_id"]
    assert refused(shop.get(ORDERS, status="settled")) == (422, "validation_failed")


def test_number_of_the_merchants_own_is_used_once(shop: Till, far_shop: Till) -> None:
    body = {"out_trade_no": "C-1", "amount": 1, "description": "x"}
    first = shop.post(ORDERS, body, key="k-1")
    again = shop.post(ORDERS, body, key="k-1")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert refused(shop.post(ORDERS, body)) == (409, "duplicate_out_trade_no")
    assert far_shop.post(ORDERS, body).status_code == 201


REFUSED: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "no amount": ({"amount": None}, "invalid_amount", "amount"),
    "half a fen": ({"amount": 0.5}, "invalid_amount", "amount"),
    "more than a code carries": ({"amount": 10**14}, "invalid_amount", "amount"),
    "another currency": ({"currency": "USD"}, "currency_mismatch", "currency"),
    "a number with a space": ({"out_trade_no": "A 1"}, "validation_failed", "out_trade_no"),
    "an empty number": ({"out_trade_no": ""}, "validation_failed", "out_trade_no"),
    "a long number": ({"out_trade_no": "1" * 65}, "validation_failed", "out_trade_no"),
    "59 seconds": ({"expires_in": 59}, "validation_failed", "expires_in"),
    "more than a day": ({"expires_in": 86_401}, "validation_failed", "expires_in"),
    "an unknown field": ({"colour": "red"}, "validation_failed", "colour"),
    "a status": ({"status": "paid"}, "validation_failed", "status"),
    "a long description": ({"description": "x" * 141}, "validation_failed", "description"),
    "nobody's terminal": ({"terminal": "till-9"}, "validation_failed", "terminal"),
}


def test_wrong_order_is_refused_and_nothing_changed(shop: Till) -> None:
    before = fingerprint("harbor")
    for case, (fields, code, field) in REFUSED.items():
        body = {"out_trade_no": "D-1", "amount": 1, "description": "x", **fields}
        answer = shop.post(ORDERS, body)
        assert refused(answer) == (422, code), case
        assert [entry["field"] for entry in answer.json()["errors"]] == [field], case
        assert fingerprint("harbor") == before, case


def test_terminal_of_the_shop_is_on_the_order_and_its_code(shop: Till) -> None:
    order = shop.order(terminal="till-1")
    assert (order["terminal"], decode(order["qr"]).terminal) == ("till-1", "till-1")
    assert order["shop_id"] is not None


def test_key_of_a_shop_sees_that_shop_alone(shop: Till) -> None:
    north, south = shop.other_key(shop="North"), shop.other_key(shop="South")
    order = north.order()
    assert north.see(order) == order
    assert shop.see(order) == order
    assert refused(south.get(f"{ORDERS}/{order['order_id']}")) == (404, "not_found")
    assert south.get(ORDERS).json()["data"] == []
    assert refused(south.post(f"{ORDERS}/{order['order_id']}/close")) == (404, "not_found")


def test_key_without_the_scope_is_refused(shop: Till) -> None:
    reader = shop.other_key(Scope.STATEMENTS)
    body = {"out_trade_no": "E-1", "amount": 1, "description": "x"}
    assert refused(reader.post(ORDERS, body)) == (403, "permission_denied")
    assert reader.get(ORDERS).status_code == 200


def test_suspended_merchant_is_refused(shop: Till) -> None:
    shop.terms(status=Merchant.Status.SUSPENDED)
    assert refused(shop.get(ORDERS)) == (403, "permission_denied")


def test_key_that_is_none_is_refused(shop: Till, alice: Holder, far_shop: Till) -> None:
    for wrong in ("", "sk_", "sk_nobody", alice.token, far_shop.key):
        stranger = shop.other_key()
        stranger.key = wrong
        assert refused(stranger.get(ORDERS)) == (401, "authentication_required"), wrong


def test_static_code_is_of_the_firms_own_wallets(shop: Till, alice: Holder) -> None:
    made = shop.post("/api/v1/merchant/static-qr", {})
    assert made.status_code == 201
    assert made.json()["wallet_id"] == shop.wallet_id
    code = decode(made.json()["qr"])
    assert (code.wallet_id, code.amount, code.order_id) == (shop.wallet_id, None, None)
    body = {"payer_wallet": alice.wallet_id, "qr": made.json()["qr"], "amount": 5_00}
    assert alice.post("/api/v1/payments", body).json()["status"] == "completed"
    assert shop.balance == 5_00
    answer = shop.post("/api/v1/merchant/static-qr", {"wallet_id": alice.wallet_id})
    assert refused(answer) == (404, "not_found")


def test_sub_wallet_for_one_merchant_pays_its_orders(shop: Till, alice: Holder) -> None:
    path = f"/api/v1/wallets/{alice.wallet_id}/sub-wallets"
    opened = alice.post(path, {"name": "coffee", "merchant_id": shop.merchant_id})
    assert opened.status_code == 201, opened.content
    sub = opened.json()["wallet_id"]
    alice.pay(sub, PRICE)
    body = {"payer_wallet": sub, "qr": shop.order()["qr"]}
    assert alice.post("/api/v1/payments", body).json()["status"] == "completed"
    assert shop.balance == PRICE
