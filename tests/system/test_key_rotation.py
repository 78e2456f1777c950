"""A bank's key is replaced while it pays and is paid: every payment ends, on both keys."""

import threading
import time
from pathlib import Path

import pytest

from cbdc.crypto import keys
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
PAUSE_S = 2.0  # of payments on each key
PROPOSE = """
from django.contrib.auth.models import User
from cbdc.approvals import four_eyes
maker, checker = User.objects.filter(is_staff=True).order_by("id")[:2]
request = four_eyes.propose(kind={kind!r}, subject="harbor", payload={payload!r}, maker=maker)
four_eyes.approve(request_id=request.id, checker=checker)
"""


def decide(devnet: Devnet, kind: str, payload: dict[str, str]) -> None:
    """Two people of the central bank."""
    script = PROPOSE.format(kind=kind, payload=payload)
    done = devnet.manage("central-bank", "shell", "-c", script)
    assert done.returncode == 0, done.stderr


def test_payments_go_on_while_a_bank_changes_its_key(devnet: Devnet) -> None:
    alice = open_wallet(devnet, "harbor", 3, top_up=PURSE)
    carol = open_wallet(devnet, "lotus", 3, top_up=PURSE)
    before = balances(alice, carol)
    journals = [Journal(alice, carol, 7), Journal(carol, alice, 3)]
    environment = devnet.environment_of("harbor")
    file, passphrase = Path(environment["INSTITUTION_KEY_FILE"]), environment["KEY_PASSPHRASE"]
    old, new = keys.load_private_key(file, passphrase), keys.generate()
    stop = threading.Event()
    threads = pay_until(stop, journals)

    time.sleep(PAUSE_S)
    decide(devnet, "add_bank_key", {"public_key": keys.raw_b64url(new.public_key())})
    keys.save_private_key(file, new, passphrase)
    for process in ("harbor-web", "harbor-worker"):  # one by one: both keys sign for a while
        devnet.kill(process)
        time.sleep(PAUSE_S)
    devnet.wait_ready("harbor")
    decide(devnet, "retire_bank_key", {"key_id": keys.key_id(old.public_key())})
    time.sleep(PAUSE_S)
    stop.set()
    for thread in threads:
        thread.join()

    assert assert_each_paid_once(journals, before) > len(journals)
    assert_books_hold(devnet)
