"""The payer-presented way: a code of this bank at once, one of another bank by pain.013."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from cbdc.clock import injected, now
from cbdc.messaging.delivery import deliver_due
from cbdc.protocol.messages import Pain014
from tests.books import fingerprint
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import ORDERS, PRICE, Till, refused
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold
from tests.wallets.test_payment_codes import code_of
from wallets.merchants import charges
from wallets.merchants.models import Order
from wallets.merchants.orders import expire
from wallets.merchants.returns import send_due_returns

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def test_code_of_this_bank_is_charged_at_once(shop: Till, alice: Holder) -> None:
    answer = shop.charge(code_of(alice), terminal="till-1")
    assert answer.status_code == 201
    order = answer.json()
    assert (order["status"], order["amount"], order["qr"]) == ("paid", PRICE, None)
    payment = alice.payment(order["payment_id"])
    assert (payment["reference"], payment["memo"]) == (order["order_id"], "flat white")
    assert (alice.balance, shop.balance) == (PURSE - PRICE, PRICE)
    assert_books_hold()


def test_code_of_another_bank_is_charged_there(
    network: Network, far_shop: Till, alice: Holder
) -> None:
    order = far_shop.charge(code_of(alice)).json()
    assert (order["status"], order["payment_id"]) == ("paying", None)
    assert refused(far_shop.post(f"{ORDERS}/{order['order_id']}/close"))[1] == "order_not_open"
    network.drain()
    paid = far_shop.see(order)
    assert paid["status"] == "paid"
    assert alice.payment(paid["payment_id"])["status"] == "completed"
    assert (alice.balance, far_shop.balance) == (PURSE - PRICE, PRICE)
    assert_books_hold()


def test_refusal_leaves_no_order_and_the_code_as_it_was(shop: Till, alice: Holder) -> None:
    code = code_of(alice)
    before = fingerprint("harbor")
    assert refused(shop.charge(code, PURSE + 1, out_trade_no="A-1")) == (422, "insufficient_funds")
    assert fingerprint("harbor") == before
    assert shop.charge(code, out_trade_no="A-1").json()["status"] == "paid"


def test_refusal_of_another_bank_closes_the_order(
    network: Network, far_shop: Till, alice: Holder
) -> None:
    order = far_shop.charge(code_of(alice), PURSE + 1).json()
    network.drain()
    closed = far_shop.see(order)
    assert (closed["status"], closed["rejection"]["code"]) == ("closed", "insufficient_funds")
    assert (alice.balance, far_shop.balance) == (PURSE, 0)
    assert_books_hold()


def test_code_is_charged_once(network: Network, shop: Till, far_shop: Till, alice: Holder) -> None:
    code = code_of(alice)
    shop.charge(code)
    assert refused(shop.charge(code)) == (422, "code_used")
    elsewhere = far_shop.charge(code).json()
    network.drain()
    assert far_shop.see(elsewhere)["rejection"]["code"] == "code_used"
    assert alice.balance == PURSE - PRICE


def test_wrong_codes_are_refused(shop: Till, alice: Holder) -> None:
    cases = {
        "0011" + "1" * 16: "validation_failed",
        "9999" + "1" * 16: "validation_failed",
        "1" * 19: "validation_failed",
    }
    before = fingerprint("harbor")
    for code, error in cases.items():
        answer = shop.charge(code)
        assert refused(answer) == (422, error), code
        assert answer.json()["errors"][0]["field"] == "payment_code"
    assert fingerprint("harbor") == before


def test_code_of_61_seconds_is_over(shop: Till, alice: Holder) -> None:
    code = code_of(alice)
    later = now() + timedelta(seconds=61)
    with injected(lambda: later):
        assert refused(shop.charge(code)) == (422, "code_expired")


def test_same_charge_again_is_the_same_order(shop: Till, alice: Holder) -> None:
    code = code_of(alice)
    first = shop.charge(code, key="k-1", out_trade_no="B-1")
    again = shop.charge(code, key="k-1", out_trade_no="B-1")
    assert again.json() == first.json()
    assert refused(shop.charge(code_of(alice), out_trade_no="B-1"))[1] == "duplicate_out_trade_no"
    assert alice.balance == PURSE - PRICE


def test_charge_that_nobody_answers_ends_and_late_money_goes_back(
    network: Network, far_shop: Till, alice: Holder
) -> None:
    order = far_shop.charge(code_of(alice)).json()
    network.away.add("lotus")  # the request is out; the answer and the money do not come in
    with acting_as("lotus"):
        deliver_due("central-bank")
    network.drain()
    assert alice.balance == PURSE - PRICE
    later = now() + timedelta(minutes=4)
    with injected(lambda: later):
        with acting_as("lotus"):
            assert expire() == 1
        assert far_shop.see(order)["status"] == "expired"
        network.away.clear()
        network.drain()
        assert far_shop.balance == PRICE
    with injected(lambda: later + timedelta(seconds=1)):
        with acting_as("lotus"):
            assert send_due_returns() == 1
        network.drain()
    assert far_shop.see(order)["status"] == "expired"
    assert (alice.balance, far_shop.balance) == (PURSE, 0)


def test_bank_that_was_not_asked_refuses_nothing(far_shop: Till, alice: Holder) -> None:
    order = far_shop.charge(code_of(alice)).json()
    answer = Pain014(
        request_id=UUID(order["order_id"]),
        payee_bank="lotus",
        payer_bank="jade",
        status="RJCT",
        payment_id=None,
        code="code_used",
        detail="not ours to say",
    )
    with acting_as("lotus"):
        charges.answered(answer)
        assert Order.objects.get(id=order["order_id"]).status == "paying"
        charges.answered(replace(answer, payer_bank="harbor"))
        assert Order.objects.get(id=order["order_id"]).status == "closed"
