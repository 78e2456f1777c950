"""Money from another bank for an order that is not to be paid goes back by itself."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from cbdc.clock import injected, now
from cbdc.identifiers import new_id
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import ORDERS, PRICE, Till, scan
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold
from wallets.merchants.models import RETURN_TRIES, Return
from wallets.merchants.returns import send_due_returns
from wallets.qr import QrCode, encode

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def send_back(network: Network, after_s: float = 1.0) -> int:
    """What the sweep does a moment later."""
    later = now() + timedelta(seconds=after_s)
    with injected(lambda: later):
        with acting_as("lotus"):
            tried = send_due_returns()
        network.drain()
    return tried


def returns() -> list[Return]:
    with acting_as("lotus"):
        return list(Return.objects.order_by("id"))


@pytest.mark.parametrize("why", ["closed", "paid before"])
def test_money_for_an_order_that_is_not_open_goes_back(
    network: Network, far_shop: Till, alice: Holder, why: str
) -> None:
    order = far_shop.order()
    if why == "closed":
        far_shop.post(f"{ORDERS}/{order['order_id']}/close")
    else:
        scan(alice, order)
        network.drain()
    stays = alice.balance
    payment = scan(alice, order).json()
    network.drain()
    assert alice.balance == stays - PRICE
    assert send_back(network) == 1
    assert alice.balance == stays
    [back] = returns()
    assert (str(back.id), back.cause, back.status) == (
        payment["payment_id"],
        "not_open",
        "completed",
    )
    kinds = [(row["kind"], row["direction"]) for row in alice.transactions()]
    assert kinds[:2] == [("refund", "in"), ("payment", "out")]
    assert far_shop.balance == (PRICE if why == "paid before" else 0)
    assert send_back(network, 3600) == 0
    assert_books_hold()


def test_another_amount_and_an_unknown_order_go_back(
    network: Network, far_shop: Till, alice: Holder
) -> None:
    order = far_shop.order()
    forged = QrCode(far_shop.wallet_id, name="SHOP", category="5814", amount=1)
    for order_id in (UUID(order["order_id"]), new_id()):
        scan(alice, {"qr": encode(replace(forged, order_id=order_id))})
    network.drain()
    assert far_shop.balance == 2
    assert send_back(network) == 2
    assert sorted(row.cause for row in returns()) == ["amount", "no_order"]
    assert far_shop.see(order)["status"] == "open"
    assert (alice.balance, far_shop.balance) == (PURSE, 0)
    assert_books_hold()


def test_money_that_came_to_a_person_stays_whatever_it_names(
    network: Network, far_shop: Till, alice: Holder, carol: Holder
) -> None:
    order = far_shop.order()
    code = QrCode(
        carol.wallet_id,
        name="SHOP",
        category="5814",
        amount=PRICE,
        order_id=UUID(order["order_id"]),
    )
    scan(alice, {"qr": encode(code)})
    network.drain()
    assert (returns(), carol.balance) == ([], PRICE)
    assert far_shop.see(order)["status"] == "open"


def test_return_is_tried_again_until_the_payers_bank_takes_it(
    network: Network, far_shop: Till, alice: Holder
) -> None:
    order = far_shop.order()
    far_shop.post(f"{ORDERS}/{order['order_id']}/close")
    scan(alice, order)
    network.drain()
    path = f"/api/v1/wallets/{alice.wallet_id}"
    closing = alice.post(f"{path}/close", {"deposit_account": alice.deposit_account})
    assert closing.status_code == 200
    assert send_back(network) == 1
    [back] = returns()
    assert (back.status, back.code, back.attempts) == ("pending", "wallet_closed", 1)
    assert back.due_at is not None
    assert far_shop.balance == PRICE
    with acting_as("lotus"):
        Return.objects.update(attempts=RETURN_TRIES - 1)
    assert send_back(network, 3600) == 1
    [back] = returns()
    assert (back.status, back.due_at) == ("rejected", None)
    assert far_shop.balance == PRICE
    assert_books_hold()
