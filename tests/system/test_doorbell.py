"""Celery is a doorbell: a broker that forgets everything, and two beats, change no payment."""

import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest
import redis

from cbdc.devnet.stack import ROOT, Devnet
from tests.scale import scaled
from tests.system.support import (
    Journal,
    assert_books_hold,
    assert_each_paid_once,
    balances,
    open_wallet,
    pay_until,
)

pytestmark = pytest.mark.system

PURSE = 1_500_00
FLUSHES = scaled(ci=6, soak=200)
PAUSE_S = 0.7


@pytest.mark.soak
def test_flushall_and_second_beats_in_mid_load_lose_and_double_nothing(devnet: Devnet) -> None:
    grace = open_wallet(devnet, "harbor", 4, top_up=PURSE)
    heidi = open_wallet(devnet, "lotus", 1, top_up=PURSE)
    before = balances(grace, heidi)
    journals = [Journal(grace, heidi, 3), Journal(heidi, grace, 2)]
    stop = threading.Event()
    beats = [_second_beat(devnet, code) for code in ("central-bank", "harbor")]
    threads = pay_until(stop, journals)
    try:
        with redis.Redis(unix_socket_path=_socket(devnet)) as broker:
            for _ in range(FLUSHES):
                time.sleep(PAUSE_S)
                broker.flushall()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for beat in beats:
            assert beat.poll() is None, "the second beat did not run"
            beat.terminate()
            beat.wait(20)

    completed = assert_each_paid_once(journals, before)
    assert completed == sum(len(journal.sent) for journal in journals)
    assert_books_hold(devnet)


def _socket(devnet: Devnet) -> str:
    assert devnet.valkey is not None
    return urlsplit(devnet.valkey.url).path


def _second_beat(devnet: Devnet, code: str) -> subprocess.Popen[bytes]:
    """Next to the one inside the institution's worker, with a schedule of its own."""
    schedule = devnet.state_dir / f"second-beat-{code}"
    command = [sys.executable, "-m", "celery", "-A", "cbdc.celery_app", "beat"]
    command += ["-s", str(schedule), "--pidfile", "", "--loglevel", "WARNING"]
    environment = {**devnet.network.environment(code), "SETTLEMENT_PERIOD_S": "3"}
    return subprocess.Popen(command, env=environment, cwd=ROOT)
