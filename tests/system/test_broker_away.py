"""The broker stopped, and nothing else: payments commit, and complete after it returns."""

import os
import time

import pytest

from cbdc.client.central_bank import CentralBankClient
from cbdc.devnet.stack import VALKEY, Devnet
from tests.system.support import (
    Journal,
    assert_books_hold,
    assert_each_paid_once,
    balances,
    open_wallet,
)

pytestmark = pytest.mark.system

AWAY_S = float(os.environ.get("BROKER_AWAY_S", "5"))
PURSE = 1_500_00


def test_nothing_is_lost_while_the_broker_is_away(devnet: Devnet) -> None:
    dan = open_wallet(devnet, "harbor", 2, top_up=PURSE)
    erin = open_wallet(devnet, "harbor", 3)
    frank = open_wallet(devnet, "jade", 0)
    before = balances(dan, erin, frank)
    inside, across = Journal(dan, erin, 2), Journal(dan, frank, 3)
    client = dan.client()
    central_bank = CentralBankClient(devnet.network.central_bank.base_url)

    devnet.stop_process(VALKEY)
    ends = time.monotonic() + AWAY_S
    while time.monotonic() < ends:
        inside.pay(client)
        across.pay(client)
        assert central_bank.supply().balances
    devnet.start_process(VALKEY)

    assert {payment.status for payment in inside.answered.values()} == {"completed"}
    assert_each_paid_once([inside, across], before)
    assert {payment.status for payment in across.settled()} == {"completed"}
    assert_books_hold(devnet)
