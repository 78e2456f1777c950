"""Gates that are killed, and the real bank: each tap that opened a gate is one row, once.

The gates are processes of their own; the bank's view, its PostgreSQL and the port are real.
tests/client/test_gate_killed.py kills at every statement, with a stub in the bank's place.
"""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cbdc.clock import now
from tests.client.gate_processes import KILLED, GateProcesses, gate_processes
from tests.in_process import DATABASES
from tests.support import acting_as
from tests.transit.server import BankServer, bank_server
from tests.transit.support import TAPS, Metro, Rider
from wallets.transit.models import RefusedTap, Tap

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture
def server() -> Iterator[BankServer]:
    with bank_server() as serving:
        yield serving


@pytest.fixture
def gates(tmp_path: Path, metro: Metro, server: BankServer) -> Iterator[GateProcesses]:
    with gate_processes(tmp_path, key=metro.key, bank=server.url) as processes:
        yield processes


def rows() -> list[str]:
    """The ids of the taps that the bank has, one for each row; it has refused none."""
    with acting_as("harbor"):
        assert not RefusedTap.objects.exists()
        return sorted(str(tap_id) for tap_id in Tap.objects.values_list("tap_id", flat=True))


def killing(gates: GateProcesses, server: BankServer, moment: str) -> None:
    """Have the gate killed at its next upload."""

    def kill(path: str) -> bool:
        if path != TAPS:
            return False
        setattr(server, moment, lambda path: False)
        gates.kill()
        return True

    setattr(server, moment, kill)


def test_two_days_offline_uploaded_twice_and_killed_while_uploading_every_tap_lands_once(
    gates: GateProcesses, server: BankServer, tmp_path: Path, ann: Rider, ben: Rider, cat: Rider
) -> None:
    assert gates.run() == 0  # fetches keys
    assert rows() == []
    crew, begins = [ann.credential, ben.credential, cat.credential], now() - timedelta(days=2)
    for hour in range(0, 48, 3):
        killed_at = None if hour % 2 else 41 + hour // 3  # statements: while it keeps taps
        moment = begins + timedelta(hours=hour)
        gates.run(crew, offline=True, die_at=killed_at, begins=moment, step_s=60.0)
    assert len(gates.opened) > 24
    shutil.copytree(tmp_path / "state", tmp_path / "twin")

    killing(gates, server, "before")  # the bank has nothing
    assert gates.run() == KILLED
    assert rows() == []
    killing(gates, server, "after")  # the bank has them all, and nobody heard of it
    assert gates.run() == KILLED
    landed = rows()
    assert {*gates.opened} <= {*landed}
    for statement in range(24, 64, 3):  # while it sends them again and notes the answer
        gates.run(die_at=statement)
    assert gates.run() == 0
    assert gates.run(state="twin") == 0  # and all of them once more
    assert rows() == landed
    assert len(landed) == len({*landed})


def test_killed_while_riders_pass_and_taps_go_up_every_tap_lands_once(
    gates: GateProcesses, ann: Rider, ben: Rider, cat: Rider
) -> None:
    """Keeping and uploading at once; hours pass between the gates, or the same riders would be
    handed back."""
    assert gates.run() == 0
    begins, crew = now() - timedelta(hours=30), [one.credential for one in (ann, ben, cat)]
    for number in range(20):
        moment = begins + timedelta(hours=number)
        gates.run(crew, die_at=30 + 3 * number, begins=moment)
    assert gates.run() == 0
    landed = rows()
    assert {*gates.opened} <= {*landed}
    assert len(gates.opened) > 30
    assert len(landed) == len({*landed})
