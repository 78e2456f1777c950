"""Everything at once on real processes: a faulty network, and kill -9 at random, under load.

KILLS and DURATION (seconds) set the size: the run ends with whichever comes last. FAULTS_SEED
makes other draws, FAULTS_LOG keeps the figures as a line of JSON.
"""

import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from cbdc.devnet.children import DevnetError
from cbdc.devnet.stack import ROOT
from cbdc.identifiers import wallet_id
from tests.scale import scaled
from tests.system.faulty import BEATS, FaultyDevnet
from tests.system.journal import Journal, Outcome, compare
from tests.system.proxy import FAULTS
from tests.system.support import Holder, assert_books_hold, balances, open_wallet

pytestmark = [pytest.mark.system, pytest.mark.soak]

KILLS = int(os.environ.get("KILLS") or scaled(ci=12, soak=10_000))
DURATION_S = float(os.environ.get("DURATION") or 0)
SEED = int(os.environ.get("FAULTS_SEED") or "1")
FAULT_SHARE = 0.12
PURSE = 1_000_00
BEYOND = 1_900_00  # below the limit of a payment, above every purse
PAUSE_S = (0.4, 1.4)  # between two kills
NOBODY = wallet_id("0012", 99_999_999_999)  # no wallet of lotus: its bank gives the money back


def victims(devnet: FaultyDevnet) -> list[str]:
    codes = [member.code for member in devnet.network.members]
    kinds = [f"{code}-{kind}" for code in codes for kind in ("web", "worker")]
    return [*kinds, *(f"{code}-beat" for code in BEATS), "postgres", "valkey"]


def kill_some(devnet: FaultyDevnet, draws: random.Random, outcome: Outcome) -> None:
    """Kill -9 until there were enough; every victim has its turn before one has its second."""
    ends = time.monotonic() + DURATION_S
    deck: list[str] = []
    while outcome.kills.total() < KILLS or time.monotonic() < ends:
        if not deck:
            deck = victims(devnet)
            draws.shuffle(deck)
        victim = deck.pop()
        try:
            devnet.kill(victim)
        except DevnetError:  # it is on its way back from the last time
            continue
        outcome.kills[victim] += 1
        time.sleep(draws.uniform(*PAUSE_S))


@contextmanager
def load(journals: list[Journal]) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=journal.run, args=(stop,)) for journal in journals]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def through_proxy(devnet: FaultyDevnet, bank: str, holder: Holder) -> Holder:
    """The same wallet, reached as the public reaches it."""
    holder.base_url = devnet.proxies[bank].base_url
    return holder


def commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def test_every_payment_ends_once_whatever_is_killed_and_lost(
    devnet: FaultyDevnet, tmp_path: Path
) -> None:
    draws = random.Random(SEED)
    people = {
        bank: through_proxy(devnet, bank, open_wallet(devnet, bank, 6, top_up=PURSE))
        for bank in ("harbor", "lotus", "jade")
    }
    people["neighbour"] = through_proxy(
        devnet, "harbor", open_wallet(devnet, "harbor", 7, top_up=PURSE)
    )
    before = balances(*people.values())
    wallets = [holder.wallet_id for holder in people.values()]
    journals = [
        Journal(
            payer=holder,
            payees=[*(wallet for wallet in wallets if wallet != holder.wallet_id), NOBODY],
            beyond=BEYOND,
            path=tmp_path / f"{name}.jsonl",
            random=random.Random(draws.random()),
        )
        for name, holder in people.items()
    ]
    outcome = Outcome(commit=commit())
    begun = time.monotonic()
    devnet.faults.random = random.Random(SEED)
    devnet.faults.happened.clear()
    devnet.start_beats()
    devnet.faults.share = FAULT_SHARE
    try:
        with load(journals):
            kill_some(devnet, draws, outcome)
    finally:
        devnet.faults.share = 0.0
        devnet.stop_beats()
    for member in devnet.network.members:
        devnet.wait_ready(member.code)
    with ThreadPoolExecutor(len(journals)) as pool:
        outcome.unknown = sum(pool.map(Journal.resolve, journals))
    compare(journals, before, outcome)
    outcome.faults = devnet.faults.happened
    outcome.seconds = round(time.monotonic() - begun, 1)
    _keep(outcome)

    assert outcome.findings == []
    assert (outcome.fen_lost, outcome.fen_doubled, outcome.stuck) == (0, 0, 0)
    # Proof that it was a fight.
    assert outcome.completed > KILLS
    assert outcome.refused > 0
    assert [fault for fault in FAULTS if not outcome.faults[fault]] == []
    if len(victims(devnet)) <= KILLS:
        assert [name for name in victims(devnet) if not outcome.kills[name]] == []
    assert_books_hold(devnet)


def _keep(outcome: Outcome) -> None:
    text = json.dumps(outcome.as_json())
    print(text)
    if log := os.environ.get("FAULTS_LOG"):
        with Path(log).open("a") as out:
            out.write(text + "\n")
