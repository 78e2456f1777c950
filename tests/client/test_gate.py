"""The gate's decision: whom it lets in, whom it does not and why, and that the tap is kept."""

import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.gate import (
    Decision,
    Direction,
    Gate,
    NoKeys,
    Opened,
    Place,
    Reason,
    Refused,
    Store,
    deny_list,
)
from cbdc.client.gate.refreshing import refresh_keys
from cbdc.client.gate.status import status
from cbdc.client.transport import Transport, Unreachable
from cbdc.clock import now
from cbdc.crypto.transit_credential import Refusal
from tests.client.gate_bank import GateBank
from tests.client.gates import kept, opened, short, standing_clock, states
from tests.client.transit_riders import Issuer
from wallets.transit.domain.parsing import CODE

EXIT = Place("harbour", "G9", Direction.EXIT)


def test_tap_is_on_the_disk_when_the_gate_opens(
    gate: Gate, store: Store, issuer: Issuer, tmp_path: Path
) -> None:
    rider = issuer.rider(rider_class="student")
    with standing_clock():
        decision = gate.show(rider.text)
    assert isinstance(decision, Opened)
    assert decision == Opened(decision.tap_id, "student")
    with closing(Store.open(tmp_path / "gate")) as another:
        columns = "credential", "credential_id", "gate_id", "station", "direction", "tapped_at"
        assert kept(another, "tap_id", *columns) == [
            (
                decision.tap_id,
                rider.text,
                rider.credential_id,
                "G1",
                "harbour",
                "entry",
                "2026-11-30T04:00:00.000000Z",
            )
        ]


def test_every_commit_is_synced(store: Store) -> None:
    [[mode], [level]] = [
        store.connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("journal_mode", "synchronous")
    ]
    assert (mode, level) == ("wal", 2)  # 2 is FULL


def test_who_is_no_rider_is_refused_and_leaves_no_tap(
    gate: Gate, store: Store, issuer: Issuer
) -> None:
    text = issuer.rider().text
    stranger, other_key = Issuer("0012"), Issuer(signer=issuer.signer)
    forged = text[:-2] + ("AA" if not text.endswith("AA") else "BA")
    refused = {
        "": "malformed",
        "https://example.com": "malformed",
        text[:-4]: "malformed",
        text + "\x00": "malformed",
        stranger.rider().text: "unknown_issuer",
        Issuer("0011").rider().text: "unknown_issuer",
        forged: "forged",
        other_key.rider(expires_at=now() - timedelta(seconds=2)).text: "expired",
    }
    assert {text: short(gate.show(text)) for text in refused} == refused
    assert states(store) == {}


def test_reasons_are_the_credentials_and_the_gates_own() -> None:
    assert {one.value for one in Reason} == {one.value for one in Refusal} | {
        "denied",
        "passed_back",
    }


def test_who_is_denied_does_not_get_in_but_gets_out(
    gate: Gate, store: Store, issuer: Issuer
) -> None:
    rider, other = issuer.rider(), issuer.rider()
    deny_list.replace(store, bank="b", version=1, entries=[rider.credential_id])
    assert gate.show(rider.text) == Refused(Reason.DENIED)
    assert short(gate.show(other.text)) == "open"
    assert short(Gate(store, EXIT).show(rider.text)) == "open"


@pytest.mark.parametrize("gates", [1, 2])
def test_one_credential_at_two_gates_at_once_opens_one(
    gate: Gate, issuer: Issuer, tmp_path: Path, gates: int
) -> None:
    rider = issuer.rider()
    decisions: list[Decision] = []
    barrier = threading.Barrier(gates * 2)

    def show(number: int) -> None:
        with closing(Store.open(tmp_path / "gate")) as store:
            here = Gate(store, Place("harbour", f"G{number % gates}", Direction.ENTRY))
            barrier.wait()
            decisions.append(here.show(rider.text))

    threads = [threading.Thread(target=show, args=[number]) for number in range(gates * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = {"open": 1, "again": 1, "passed_back": 2 if gates == 2 else 0}
    assert {name: [short(d) for d in decisions].count(name) for name in counts} == counts


def test_without_keys_it_does_not_open(store: Store) -> None:
    with pytest.raises(NoKeys):
        Gate(store, EXIT)


def test_keys_last_over_a_restart_without_a_network(
    gate: Gate, issuer: Issuer, tmp_path: Path
) -> None:
    with closing(Store.open(tmp_path / "gate")) as store:
        again = Gate(store, gate.place)
        assert short(again.show(issuer.rider().text)) == "open"


def test_running_gate_takes_new_keys(gate: Gate, store: Store, bank: GateBank) -> None:
    newcomer = Issuer("0012")
    rider = newcomer.rider()
    assert short(gate.show(rider.text)) == "unknown_issuer"
    bank.directory += newcomer.directory()
    refresh_keys(store, CentralBankClient(bank.url))
    assert short(gate.show(rider.text)) == "open"
    bank.directory[1]["status"] = "suspended"
    refresh_keys(store, CentralBankClient(bank.url))
    assert short(gate.show(rider.text)) == "unknown_issuer"


@pytest.mark.parametrize(
    "directory",
    [[], [{"number": "0011"}], Issuer().directory(status="suspended"), Issuer().directory(keys=[])],
)
def test_wrong_directory_leaves_the_keys_that_are_there(
    gate: Gate, store: Store, bank: GateBank, issuer: Issuer, directory: list[dict[str, str]]
) -> None:
    bank.directory = directory
    with pytest.raises((ValueError, KeyError)):
        refresh_keys(store, CentralBankClient(bank.url))
    assert short(gate.show(issuer.rider().text)) == "open"
    assert status(store, now())["keys"]["institutions"] == ["0011"]


def test_central_bank_that_is_away_leaves_the_keys_that_are_there(
    gate: Gate, store: Store, issuer: Issuer
) -> None:
    nobody = "http://127.0.0.1:1"
    with pytest.raises(Unreachable):
        refresh_keys(store, CentralBankClient(nobody, transport=Transport(nobody, attempts_max=1)))
    assert short(gate.show(issuer.rider().text)) == "open"


def test_full_disk_keeps_the_gate_shut(gate: Gate, store: Store, issuer: Issuer) -> None:
    (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    let_in: list[str] = []
    with pytest.raises(sqlite3.Error, match="full"):
        let_in.extend(opened(gate, issuer.rider().text) for _ in range(500))
    assert kept(store, "tap_id") == [(tap_id,) for tap_id in let_in]
    store.connection.execute("PRAGMA max_page_count = 100000")
    assert short(gate.show(issuer.rider().text)) == "open"


def test_it_needs_few_milliseconds(gate: Gate, issuer: Issuer, store: Store) -> None:
    """The best of twenty, since others use this machine: what the disk takes to sync is its own."""
    deny_list.replace(
        store, bank="b", version=1, entries=[issuer.rider().credential_id for _ in range(50)]
    )
    riders = [issuer.rider() for _ in range(20)]
    took = []
    for rider in riders:
        started = time.perf_counter()
        opened(gate, rider.text)
        took.append(time.perf_counter() - started)
    assert min(took) < 0.02


@pytest.mark.parametrize("code", ["", "a b", "x" * 33, "-a", "a/b", "车站", "a\n"])
def test_station_that_no_bank_takes_is_no_place(code: str) -> None:
    for fields in ((code, "G1"), ("harbour", code)):
        with pytest.raises(ValueError, match="no code"):
            Place(*fields, Direction.ENTRY)


def test_codes_are_the_banks() -> None:
    from cbdc.client.gate import place

    assert place.CODE == CODE


def test_it_runs_without_django() -> None:
    program = "import sys, cbdc.client.gate.cli; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
