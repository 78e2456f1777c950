"""Merchants on real processes: fifty wallets at one code, and a bank killed while it is paid."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import repeat

import pytest
from standardwebhooks import Webhook

from cbdc.client.devnet import DevnetClient
from cbdc.client.merchant_client import MerchantClient
from cbdc.client.merchant_models import Order
from cbdc.client.models import Payment
from cbdc.client.transport import ApiProblem
from cbdc.devnet.stack import Devnet
from cbdc.identifiers import new_id
from tests.scale import scaled
from tests.system.support import (
    DECIDED_TIMEOUT_S,
    Holder,
    assert_books_hold,
    balances,
    open_wallet,
    wait_for,
)
from tests.webhooks.receiver import Receiver

pytestmark = [pytest.mark.system, pytest.mark.soak]

CONTESTS = scaled(ci=3, soak=200)
PAYERS = {"harbor": 17, "lotus": 17, "jade": 16}
PURSE = 100_00
PRICE = 3
HOOK_TIMEOUT_S = 60.0


def coffee_house(devnet: Devnet, bank: str) -> MerchantClient:
    base_url = devnet.network.member(bank).base_url
    return MerchantClient(base_url, DevnetClient(base_url).seed().merchants[0].api_key)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with ExitStack() as stack:
        yield stack.enter_context(Receiver())


def pay(holder: Holder, order: Order) -> Payment | None:
    """The payment; None when the bank refused it."""
    assert order.qr is not None
    try:
        return holder.client().pay_qr(order.qr)
    except ApiProblem as problem:
        if problem.code == "order_not_open":
            return None
        raise


def test_of_fifty_wallets_at_one_code_one_pays(devnet: Devnet) -> None:
    shop = coffee_house(devnet, "harbor")
    payers = [
        open_wallet(devnet, bank, index, top_up=PURSE)
        for bank, count in PAYERS.items()
        for index in range(count)
    ]
    before = balances(*payers)
    winners: dict[str, int] = {}
    with ThreadPoolExecutor(len(payers)) as pool:
        for _ in range(CONTESTS):
            order = shop.order(str(new_id()), PRICE, "the last one")
            sent = list(pool.map(pay, payers, repeat(order)))
            paid = shop.await_order(order.order_id, timeout_s=DECIDED_TIMEOUT_S)
            assert paid.status == "paid"
            [winner] = [
                payer.wallet_id
                for payer, payment in zip(payers, sent, strict=True)
                if payment is not None and payment.payment_id == paid.payment_id
            ]
            winners[winner] = winners.get(winner, 0) + 1

    expected = {
        wallet: balance - PRICE * winners.get(wallet, 0) for wallet, balance in before.items()
    }
    wait_for(lambda: balances(*payers) == expected, DECIDED_TIMEOUT_S, "all other money is back")
    assert sum(winners.values()) == CONTESTS
    assert_books_hold(devnet)


def test_order_paid_while_its_bank_was_killed_is_paid_once_and_told(
    devnet: Devnet, receiver: Receiver
) -> None:
    shop = coffee_house(devnet, "harbor")
    payer = open_wallet(devnet, "lotus", 18, top_up=PURSE)
    before = payer.balance()
    endpoint = shop.register_endpoint(receiver.url, ["order.paid"])
    order = shop.order(str(new_id()), PRICE, "tea")
    assert order.qr is not None

    devnet.kill("harbor-web")
    devnet.kill("harbor-worker")
    payment = payer.client().pay_qr(order.qr)
    devnet.kill("harbor-web")
    time.sleep(0.2)
    devnet.kill("harbor-worker")
    devnet.wait_ready("harbor")

    paid = shop.await_order(order.order_id, timeout_s=DECIDED_TIMEOUT_S)
    assert (paid.status, paid.payment_id) == ("paid", payment.payment_id)
    ended = payer.client().await_payment(payment.payment_id, timeout_s=DECIDED_TIMEOUT_S)
    assert ended.status == "completed"
    assert payer.balance() == before - PRICE
    wait_for(lambda: bool(receiver.received), HOOK_TIMEOUT_S, "the webhook comes")
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    told = receiver.received[0]
    assert endpoint.secret is not None
    Webhook(endpoint.secret).verify(told.body, dict(told.headers))
    event = json.loads(told.body)
    assert (event["type"], event["data"]["order_id"]) == ("order.paid", order.order_id)
    assert event["data"]["status"] == "paid"
    shop.remove_endpoint(endpoint.endpoint_id)
    assert_books_hold(devnet)
