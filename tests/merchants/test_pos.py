"""The cashier page at work: orders, charges, refunds, the day, as its scripts call them."""

from datetime import UTC, timedelta
from uuid import UUID

import pytest
import segno

from cbdc.clock import CHINA_STANDARD_TIME, injected, now
from cbdc.errors import ErrorCode
from cbdc.identifiers import new_id
from tests.books import fingerprint
from tests.contract import document
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.cashier import Cashier, wait_past_midnight, why
from tests.merchants.support import PRICE, Till, scan
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold
from tests.wallets.test_payment_codes import code_of
from wallets.merchants import day_list
from wallets.merchants.keys import Scope
from wallets.merchants.models import Order
from wallets.merchants.pos_reasons import REASONS

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
RUDE = "<script>alert('茶')</script>"
PAYER = [
    ErrorCode.INSUFFICIENT_FUNDS,
    ErrorCode.PAYMENT_LIMIT_EXCEEDED,
    ErrorCode.DAILY_LIMIT_EXCEEDED,
    ErrorCode.CODE_EXPIRED,
]


@pytest.fixture
def cashier(network: Network, shop: Till) -> Cashier:
    """At harbor's coffee shop."""
    wait_past_midnight()
    one = Cashier(shop)
    one.log_in()
    return one


@pytest.fixture
def far_cashier(network: Network, far_shop: Till) -> Cashier:
    """At lotus's coffee shop, another bank than Alice's."""
    wait_past_midnight()
    one = Cashier(far_shop)
    one.log_in()
    return one


def row(order_id: str, bank: str = "harbor") -> Order:
    with acting_as(bank):
        return Order.objects.get(id=order_id)


def pay(payer: Holder, order_id: str, bank: str = "harbor") -> None:
    assert scan(payer, {"qr": row(order_id, bank).qr}).status_code == 201


def test_qr_code_is_shown_and_paid(cashier: Cashier, alice: Holder) -> None:
    order = cashier.order("18", description="flat white")
    assert (order["status"], order["amount"]) == ("open", "18.00")
    assert order["number"].startswith("pos-")
    assert UUID(order["number"].removeprefix("pos-")).version == 7
    assert 290 < order["seconds_left"] <= 300
    page = cashier.get(f"/pos/orders/{order['order_id']}").content.decode()
    assert "¥18.00" in page
    assert "flat white" in page
    assert f"/pos/calls/orders/{order['order_id']}/qr.svg" in page
    pay(alice, order["order_id"])
    paid = cashier.look(order["order_id"])
    assert (paid["status"], paid["said"]) == ("paid", {"en": "Paid", "zh": "已收款"})
    assert paid["paid"] == now().astimezone(CHINA_STANDARD_TIME).strftime("%H:%M")
    assert 'data-status="paid"' in cashier.get(f"/pos/orders/{order['order_id']}").content.decode()
    assert cashier.till.balance == PRICE
    assert_books_hold()


def test_qr_code_is_drawn_as_the_order_says(cashier: Cashier) -> None:
    order = cashier.order()
    answer = cashier.get(f"/pos/calls/orders/{order['order_id']}/qr.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    modules = segno.make(row(order["order_id"]).qr, error="m").symbol_size(border=4)[0]
    assert f'viewBox="0 0 {modules} {modules}"' in answer.content.decode()


@pytest.mark.parametrize(
    "typed", ["", "0", "0.00", "-1", "1.234", "1e3", "18,0.0.0", "yuan", "9" * 30, None, 18, True]
)
def test_what_is_no_amount_orders_nothing(cashier: Cashier, typed: object) -> None:
    before = fingerprint("harbor")
    answer = cashier.call("orders", {"amount": typed})
    assert why(answer) == (422, "Type an amount, like 18.00.")
    assert fingerprint("harbor") == before


def test_amount_that_no_code_can_carry_is_refused(cashier: Cashier) -> None:
    answer = cashier.call("orders", {"amount": "10000000000.00"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_amount")


def test_same_key_orders_once(cashier: Cashier) -> None:
    first = cashier.call("orders", {"amount": "1.00"}, key="k").json()
    again = cashier.call("orders", {"amount": "1.00"}, key="k")
    assert again.json() == first
    assert again["Idempotency-Replayed"] == "true"
    assert cashier.call("orders", {"amount": "2.00"}, key="k").status_code == 409


def test_cancelled_order_is_not_paid(cashier: Cashier, alice: Holder) -> None:
    order = cashier.order()
    closed = cashier.call(f"orders/{order['order_id']}/close")
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    answer = scan(alice, {"qr": row(order["order_id"]).qr})
    assert answer.json()["code"] == "order_not_open"
    assert cashier.look(order["order_id"])["said"]["en"] == "Cancelled"


def test_paid_order_is_not_cancelled(cashier: Cashier, alice: Holder) -> None:
    order = cashier.order()
    pay(alice, order["order_id"])
    answer = cashier.call(f"orders/{order['order_id']}/close")
    assert why(answer) == (409, "The order is no longer open.")
    assert cashier.look(order["order_id"])["status"] == "paid"


def test_order_whose_time_is_over_shows_as_expired(cashier: Cashier) -> None:
    order = cashier.order()
    later = now() + timedelta(minutes=5)
    with injected(lambda: later):
        shown = cashier.look(order["order_id"])
    assert (shown["status"], shown["seconds_left"]) == ("expired", 0)


def test_code_of_this_bank_is_charged_at_once(cashier: Cashier, alice: Holder) -> None:
    answer = cashier.call("charges", {"amount": "18.00", "payment_code": code_of(alice)})
    assert (answer.status_code, answer.json()["status"]) == (200, "paid")
    assert (alice.balance, cashier.till.balance) == (PURSE - PRICE, PRICE)
    assert_books_hold()


def test_code_of_another_bank_is_paying_and_then_paid(
    network: Network, far_cashier: Cashier, alice: Holder
) -> None:
    body = {"amount": "18.00", "payment_code": code_of(alice), "description": ""}
    order = far_cashier.call("charges", body).json()
    assert (order["status"], order["said"]["en"]) == ("paying", "Paying")
    network.drain()
    assert far_cashier.look(order["order_id"])["status"] == "paid"
    assert (alice.balance, far_cashier.till.balance) == (PURSE - PRICE, PRICE)


def test_refusal_of_another_bank_is_told_with_its_reason(
    network: Network, far_cashier: Cashier, alice: Holder
) -> None:
    body = {"amount": "500.01", "payment_code": code_of(alice)}
    order = far_cashier.call("charges", body).json()
    network.drain()
    shown = far_cashier.look(order["order_id"])
    assert (shown["status"], shown["said"]["en"]) == ("refused", "Refused")
    assert shown["reason"]["en"] == "There is not enough money in the wallet."
    page = far_cashier.get(f"/pos/orders/{order['order_id']}").content.decode()
    assert "余额不足" in page


def test_refused_charges_say_why_and_change_nothing(cashier: Cashier, alice: Holder) -> None:
    code = code_of(alice)
    before = fingerprint("harbor")
    poor = cashier.call("charges", {"amount": "500.01", "payment_code": code})
    assert why(poor) == (422, "There is not enough money in the wallet.")
    for wrong in ("1" * 20, "1" * 19, "0011" + "1" * 16, "x" * 20, ""):
        answer = cashier.call("charges", {"amount": "1.00", "payment_code": wrong})
        assert why(answer) == (422, "It is no payment code: scan it again."), wrong
    late = now() + timedelta(seconds=61)
    with injected(lambda: late):
        answer = cashier.call("charges", {"amount": "1.00", "payment_code": code})
    assert why(answer) == (422, "The code is over: ask for a new one.")
    assert fingerprint("harbor") == before
    assert cashier.call("charges", {"amount": "1.00", "payment_code": code}).status_code == 200
    answer = cashier.call("charges", {"amount": "1.00", "payment_code": code})
    assert why(answer) == (422, "The code was used before: ask for a new one.")


def test_lost_answer_of_a_charge_is_the_same_charge_again(cashier: Cashier, alice: Holder) -> None:
    body = {"amount": "18.00", "payment_code": code_of(alice)}
    first = cashier.call("charges", body, key="k")
    assert cashier.call("charges", body, key="k").json() == first.json()
    assert alice.balance == PURSE - PRICE


def test_refund_in_parts_never_above_the_payment(cashier: Cashier, alice: Holder) -> None:
    order = cashier.order()
    pay(alice, order["order_id"])
    path = f"orders/{order['order_id']}/refunds"
    answer = cashier.call(path, {"amount": "5.00", "reason": "cold"})
    refund = answer.json()
    assert (refund["status"], refund["amount"]) == ("completed", "5.00")
    assert refund["said"]["en"] == "Refunded"
    assert cashier.get(f"/pos/calls/refunds/{refund['refund_id']}").json() == refund
    assert alice.balance == PURSE - PRICE + 5_00
    before = fingerprint("harbor")
    answer = cashier.call(path, {"amount": "13.01", "reason": "cold"})
    assert why(answer) == (422, "Refunds would exceed the payment.")
    answer = cashier.call(path, {"amount": "13.00", "reason": ""})
    assert why(answer) == (422, "Type a reason, of at most 140 characters.")
    assert fingerprint("harbor") == before
    page = cashier.get("/pos/orders").content.decode()
    assert 'data-left="13.00"' in page
    assert cashier.call(path, {"amount": "13.00", "reason": "cold"}).status_code == 200
    assert "data-refund=" not in cashier.get("/pos/orders").content.decode()
    assert_books_hold()


def test_refund_to_another_bank_is_under_way_and_then_done(
    network: Network, far_cashier: Cashier, alice: Holder
) -> None:
    order = far_cashier.order()
    pay(alice, order["order_id"], "lotus")
    network.drain()
    path = f"orders/{order['order_id']}/refunds"
    refund = far_cashier.call(path, {"amount": "18.00", "reason": "cold"}).json()
    assert refund["said"]["en"] == "Refund under way"
    assert "¥18.00 under way" in far_cashier.get("/pos/orders").content.decode()
    network.drain()
    refund = far_cashier.get(f"/pos/calls/refunds/{refund['refund_id']}").json()
    assert refund["status"] == "completed"
    assert alice.balance == PURSE


def test_refund_takes_its_scope(cashier: Cashier, alice: Holder) -> None:
    order = cashier.order()
    pay(alice, order["order_id"])
    seller = Cashier(cashier.till.other_key(Scope.ORDERS, Scope.CHARGES))
    seller.log_in()
    path = f"orders/{order['order_id']}/refunds"
    answer = seller.call(path, {"amount": "1.00", "reason": "cold"})
    assert why(answer) == (403, "This key may not do that.")
    assert "data-refund=" not in seller.get("/pos/orders").content.decode()


def test_day_lists_todays_orders_and_adds_them_up(cashier: Cashier, alice: Holder) -> None:
    assert "No orders yet." in cashier.get("/pos/orders").content.decode()
    paid, open_ = cashier.order("1234.50", description="beans"), cashier.order("2.00")
    alice.top_up(1_000_00)
    pay(alice, paid["order_id"])
    cashier.call(f"orders/{paid['order_id']}/refunds", {"amount": "0.50", "reason": "cold"})
    page = cashier.get("/pos/orders").content.decode()
    assert page.index(open_["number"]) < page.index(paid["number"])
    assert "¥1,234.50" in page
    assert 'data-left="1,234.00"' in page
    assert '<span class="pill open">Waiting' in page
    tomorrow = now() + timedelta(days=1)
    with injected(lambda: tomorrow):
        assert "No orders yet." in cashier.get("/pos/orders").content.decode()


def test_day_begins_at_midnight_in_china(cashier: Cashier) -> None:
    here = now().astimezone(CHINA_STANDARD_TIME)
    midnight = here.replace(hour=0, minute=0, second=1).astimezone(UTC)
    with injected(lambda: midnight - timedelta(seconds=2)):
        late = cashier.order()
    with injected(lambda: midnight):
        early = cashier.order()
        page = cashier.get("/pos/orders").content.decode()
    assert early["number"] in page
    assert ">00:00<" in page
    assert late["number"] not in page


def test_long_day_has_pages(cashier: Cashier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_list, "PAGE", 2)
    numbers = [cashier.order()["number"] for _ in range(3)]
    first = cashier.get("/pos/orders").content.decode()
    assert [number in first for number in numbers] == [False, True, True]
    before = first.split("?before=")[1].split('"')[0]
    second = cashier.get("/pos/orders", before=before).content.decode()
    assert [number in second for number in numbers] == [True, False, False]
    assert "?before=" not in second
    assert cashier.get("/pos/orders", before="x").status_code == 404


def test_orders_of_others_are_not_found(
    cashier: Cashier, far_cashier: Cashier, alice: Holder
) -> None:
    order = cashier.order()
    pay(alice, order["order_id"])
    refund = cashier.call(f"orders/{order['order_id']}/refunds", {"amount": "1", "reason": "cold"})
    south = Cashier(cashier.till.other_key(shop="South"))
    south.log_in()
    assert "South" in south.get("/pos/").content.decode()
    assert "No orders yet." in south.get("/pos/orders").content.decode()
    for stranger in (south, far_cashier):
        for order_id in (order["order_id"], str(new_id()), "x"):
            assert stranger.get(f"/pos/orders/{order_id}").status_code == 404
            for path in (f"orders/{order_id}", f"orders/{order_id}/qr.svg"):
                answer = stranger.get(f"/pos/calls/{path}")
                assert why(answer) == (404, "There is no such order."), path
            assert stranger.call(f"orders/{order_id}/close").status_code == 404
            body = {"amount": "1.00", "reason": "cold"}
            assert stranger.call(f"orders/{order_id}/refunds", body).status_code == 404
        path = f"/pos/calls/refunds/{refund.json()['refund_id']}"
        assert stranger.get(path).status_code == 404


def test_texts_of_people_are_escaped(cashier: Cashier) -> None:
    cashier.till.terms(name=f"Tea {RUDE}")
    order = cashier.order(description=RUDE)
    for path in ("/pos/", "/pos/orders", f"/pos/orders/{order['order_id']}"):
        page = cashier.get(path).content.decode()
        assert RUDE not in page
        assert "&lt;script&gt;" in page
    assert cashier.look(order["order_id"])["description"] == RUDE
    answer = cashier.call("orders", {"amount": "1.00", "description": "x" * 141})
    assert why(answer) == (422, "The description is too long, or cannot be shown.")


def test_methods_and_fields_are_closed(cashier: Cashier) -> None:
    assert cashier.get("/pos/logout").status_code == 405
    assert cashier.get("/pos/calls/charges").status_code == 405
    answer = cashier.call("orders", {"amount": "1.00", "out_trade_no": "mine"})
    assert why(answer) == (422, "Something typed is not right.")


def test_every_refusal_of_a_charge_or_refund_has_words() -> None:
    """The REST calls' documents say which refusals there are."""
    codes = set()
    for path, methods in document()["paths"].items():
        if "/merchant/charges" in path or "/merchant/orders" in path:
            for operation in methods.values():
                for status, answer in operation["responses"].items():
                    if status == "default" or int(status) < 400:
                        continue
                    examples = answer["content"]["application/problem+json"]["examples"]
                    codes |= {example["value"]["code"] for example in examples.values()}
    assert {error.code for error in PAYER} <= codes
    technical = {
        "malformed_request", "idempotency_key_missing", "idempotency_key_reused", "internal_error",
        "method_not_allowed", "not_acceptable", "payload_too_large", "unsupported_media_type",
        "duplicate_out_trade_no", "duplicate_out_refund_no", "token_expired", "currency_mismatch",
    }  # fmt: skip
    assert codes - technical <= {error.code for error in REASONS}
