"""Processes killed with -9 in the middle of payments: each payment ends once, for all."""

import threading
import time

import pytest

from cbdc.devnet.stack import Devnet
from tests.system.support import (
    Journal,
    assert_books_hold,
    assert_each_paid_once,
    balances,
    open_wallet,
    pay_until,
)

pytestmark = pytest.mark.system

PURSE = 1_000_00
PAUSE_S = 1.5  # lets a killed process come back and be killed again while it works
VICTIMS = (
    "harbor-web",
    "harbor-worker",
    "central-bank-worker",
    "lotus-web",
    "central-bank-web",
    "postgres",
    "lotus-worker",
    "valkey",
)


def test_payments_survive_kills_of_every_process(devnet: Devnet) -> None:
    alice = open_wallet(devnet, "harbor", 0, top_up=PURSE)
    bob = open_wallet(devnet, "harbor", 1)
    carol = open_wallet(devnet, "lotus", 0, top_up=PURSE)
    before = balances(alice, bob, carol)
    journals = [Journal(alice, carol, 7), Journal(alice, bob, 5), Journal(carol, alice, 3)]
    stop = threading.Event()
    threads = pay_until(stop, journals)

    for victim in VICTIMS:
        devnet.kill(victim)
        time.sleep(PAUSE_S)
    stop.set()
    for thread in threads:
        thread.join()
    for member in devnet.network.members:
        devnet.wait_ready(member.code)

    completed = assert_each_paid_once(journals, before)
    assert completed > len(VICTIMS)
    assert_books_hold(devnet)
