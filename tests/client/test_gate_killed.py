"""kill -9 at any moment: each tap for which a gate opened is at the bank in the end, once.

Each gate here is a process of its own with its own SQLite file, and the bank a server that it
talks to; tests/transit/test_gate.py does the same with a real bank.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from cbdc.client.gate import Store
from cbdc.clock import now
from tests.client.gate_bank import KEY, GateBank
from tests.client.gate_processes import KILLED, GateProcesses, gate_processes
from tests.client.gates import kept, states
from tests.client.stub import HANG_UP, Asked, Reply
from tests.client.transit_riders import Issuer

STATEMENTS_MAX = 400  # of a run; a gate that needs more has another fault


@pytest.fixture
def gates(tmp_path: Path, bank: GateBank) -> Iterator[GateProcesses]:
    with gate_processes(tmp_path, key=KEY, bank=bank.url) as processes:
        yield processes


def riders(issuer: Issuer, count: int) -> list[str]:
    return [issuer.rider().text for _ in range(count)]


def test_killed_before_any_statement_each_tap_lands_once(
    gates: GateProcesses, bank: GateBank, issuer: Issuer, tmp_path: Path
) -> None:
    """Gate after gate on one folder, each killed one statement later than the one before."""
    assert gates.run(riders(issuer, 1)) == 0
    rejected: list[str] = []

    def reject_the_first(asked: Asked) -> None:
        rejected.append(asked.body["taps"][0]["tap_id"])
        if rejected[-1] not in bank.taps:
            bank.rejects[rejected[-1]] = "code_expired"

    bank.before = lambda asked: reject_the_first(asked) if asked.path.endswith("taps") else None
    killed = 0
    for statement in range(1, STATEMENTS_MAX):
        if gates.run(riders(issuer, 5), die_at=statement) != KILLED:
            break
        killed += 1
    assert gates.run() == 0
    assert killed > 40
    assert len(gates.opened) > 5
    landed = [*bank.taps, *bank.rejects]
    assert {*gates.opened} <= {*landed}
    assert len(landed) == len({*landed})
    with closing(Store.open(tmp_path / "state")) as store:
        assert {tap_id for (tap_id,) in kept(store, "tap_id")} == {*landed}
        assert states(store) == {"sent": len(bank.taps), "rejected": len(bank.rejects)}
    assert bank.duplicates > 0


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_while_it_uploads_each_tap_lands_once(
    gates: GateProcesses, bank: GateBank, issuer: Issuer, moment: str
) -> None:
    """When the request has come and nothing is kept; when it is kept and nobody was told."""

    def kill(asked: Asked) -> Reply | None:
        if not asked.path.endswith("/taps"):
            return None
        setattr(bank, moment, lambda asked: None)
        gates.kill()
        return HANG_UP

    setattr(bank, moment, kill)
    assert gates.run(riders(issuer, 5)) == KILLED
    had = len(bank.taps)
    assert (had == 0) == (moment == "before")
    assert gates.run(riders(issuer, 1)) == 0
    assert {*gates.opened} == {*bank.taps}
    assert len(gates.opened) == 6
    assert bank.duplicates == had


def test_two_days_offline_killed_and_uploaded_twice_each_tap_lands_once(
    gates: GateProcesses, bank: GateBank, issuer: Issuer, tmp_path: Path
) -> None:
    assert gates.run() == 0  # fetches keys
    begins, crew = now() - timedelta(days=2), riders(issuer, 6)
    for _ in range(2):
        for statement in (None, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52):
            begins += timedelta(hours=1)
            gates.run(crew, offline=True, die_at=statement, begins=begins, step_s=60.0)
        begins += timedelta(hours=9)
    assert len(gates.opened) > 30
    assert not bank.taps
    shutil.copytree(tmp_path / "state", tmp_path / "twin")
    assert gates.run(state="twin") == 0
    once = dict(bank.taps)
    assert {*gates.opened} <= {*once}
    assert bank.duplicates == 0
    _kill_when_kept(gates, bank)
    assert gates.run() == KILLED
    assert gates.run() == 0
    assert bank.taps == once
    assert bank.duplicates == 2 * len(once)


def _kill_when_kept(gates: GateProcesses, bank: GateBank) -> None:
    def kill(asked: Asked) -> Reply | None:
        if not asked.path.endswith("/taps"):
            return None
        bank.after = lambda asked: None
        gates.kill()
        return HANG_UP

    bank.after = kill
