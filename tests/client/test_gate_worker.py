"""Beside the gate: each link by itself, at once with the keys on the disk, and what is told."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cbdc.client.gate import Gate, Links, Store, Worker, cli
from cbdc.client.gate.chores import Chore, Trouble
from cbdc.client.gate.status import status
from cbdc.clock import now
from tests.client.gate_bank import KEY, GateBank
from tests.client.gates import opened, states
from tests.client.stub import Asked, Reply, Stub, problem, running
from tests.client.transit_riders import Issuer

HANGS = Reply(0, after_s=30.0)
SOON_S = 10.0


@pytest.fixture
def hanging() -> Iterator[Stub]:
    """A server that takes calls and does not answer."""
    with running() as stub:
        stub.respond = lambda asked: HANGS
        yield stub


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text(KEY)
    return path


@contextmanager
def working(folder: Path, bank: str, central_bank: str) -> Iterator[Worker]:
    worker = Worker(folder, Links(bank, central_bank, lambda: KEY))
    worker.start()
    yield worker
    worker.finish(SOON_S)


def soon(store: Store, expected: dict[str, int]) -> None:
    until = time.monotonic() + SOON_S
    while states(store) != expected:
        assert time.monotonic() < until, states(store)
        time.sleep(0.02)


def run_gate(folder: Path, key_file: Path, *more: str, **links: str) -> tuple[int, str]:
    """The command line at an entry; exit status and what it said."""
    out = io.StringIO()
    options = ["--station", "harbour", "--gate-id", "G1", "--direction", "entry"]
    options += [word for name, url in links.items() for word in (f"--{name}", url)]
    options += ["--state", str(folder), "--key-file", str(key_file)]
    scanned = io.BytesIO("".join(f"{one}\n" for one in more if one[:2] != "--").encode())
    switches = [one for one in more if one[:2] == "--"]
    done = cli.run(cli.parse([*options, *switches]), scanned, out)
    return done, out.getvalue()


def test_central_bank_that_hangs_holds_up_no_taps(
    gate: Gate, store: Store, bank: GateBank, hanging: Stub, issuer: Issuer, tmp_path: Path
) -> None:
    ids = [opened(gate, issuer.rider().text) for _ in range(3)]
    with working(tmp_path / "gate", bank.url, hanging.url):
        soon(store, {"sent": 3})
        ids.append(opened(gate, issuer.rider().text))
        soon(store, {"sent": 4})
    assert list(bank.taps) == ids


def test_bank_that_hangs_over_its_deny_list_has_the_taps_first(
    gate: Gate, store: Store, bank: GateBank, issuer: Issuer, tmp_path: Path
) -> None:
    bank.before = lambda asked: HANGS if asked.path.endswith("/deny-list") else None
    opened(gate, issuer.rider().text)
    with working(tmp_path / "gate", bank.url, bank.url):
        soon(store, {"sent": 1})
        bank.stub.woken.set()


def test_gate_with_keys_opens_at_once_whoever_hangs(
    gate: Gate, bank: GateBank, hanging: Stub, issuer: Issuer, tmp_path: Path
) -> None:
    with closing(Store.open(tmp_path / "gate")) as again:
        began = time.monotonic()
        with working(tmp_path / "gate", hanging.url, hanging.url) as worker:
            cli._open(again, gate.place, worker, offline=False)
            assert time.monotonic() - began < cli.START_WAIT_S / 2
            hanging.woken.set()


def test_first_run_has_the_deny_list_before_it_opens(
    bank: GateBank, issuer: Issuer, tmp_path: Path, key_file: Path
) -> None:
    denied, rider = issuer.rider(), issuer.rider()
    bank.deny(denied.credential_id)
    links = {"bank": bank.url, "central-bank": bank.url}
    done, said = run_gate(tmp_path / "g", key_file, denied.text, rider.text, "junk", **links)
    assert done == 0
    refused, let_in, junk = said.splitlines()
    assert (refused, junk) == ("refused denied", "refused malformed")
    assert let_in == f"open {next(iter(bank.taps))}"


@pytest.mark.parametrize("denied", [True, False])
def test_one_credential_is_decided_by_the_newest_deny_list(
    bank: GateBank, issuer: Issuer, tmp_path: Path, key_file: Path, denied: bool
) -> None:
    rider = issuer.rider()
    links = {"bank": bank.url, "central-bank": bank.url}
    assert run_gate(tmp_path / "g", key_file, **links) == (0, "")
    if denied:
        bank.deny(rider.credential_id)
    done, said = run_gate(tmp_path / "g", key_file, f"--credential={rider.text}", **links)
    assert (done, said.split()[0]) == ((1, "refused") if denied else (0, "open"))


def test_refused_batches_are_waited_out_before_the_gate_ends(
    gate: Gate, store: Store, bank: GateBank, issuer: Issuer, tmp_path: Path
) -> None:
    ids = [opened(gate, issuer.rider().text) for _ in range(6)]

    def refuse_one(asked: Asked) -> Reply | None:
        return problem(422, "validation_failed") if ids[2] in asked.raw.decode() else None

    bank.before = refuse_one
    with working(tmp_path / "gate", bank.url, bank.url) as worker:
        worker.finish(SOON_S)
    assert states(store) == {"sent": 5, "parked": 1}


def test_what_is_wrong_is_told_until_it_is_well_again(
    gate: Gate, store: Store, bank: GateBank, issuer: Issuer, tmp_path: Path
) -> None:
    bank.before = lambda asked: problem(403, "permission_denied")
    opened(gate, issuer.rider().text)
    with working(tmp_path / "gate", bank.url, bank.url) as worker:
        assert worker.wait(SOON_S)
    told = status(store, now())["troubles"]
    assert {name: words.split(":")[0] for name, words in told.items()} == {
        "upload": "403 permission_denied",
        "deny_list": "403 permission_denied",
    }
    bank.before = lambda asked: None
    with working(tmp_path / "gate", bank.url, bank.url) as worker:
        assert worker.wait(SOON_S)
    assert status(store, now())["troubles"] == {}
    assert states(store) == {"sent": 1}


def test_of_two_workers_on_one_folder_one_works(
    gate: Gate, store: Store, bank: GateBank, issuer: Issuer, tmp_path: Path
) -> None:
    opened(gate, issuer.rider().text)
    folder = tmp_path / "gate"
    with working(folder, bank.url, bank.url) as first:
        assert first.wait(SOON_S)
        asked = len(bank.stub.asked)
        with working(folder, bank.url, bank.url) as second:
            assert second.wait(SOON_S)
        assert len(bank.stub.asked) == asked
    assert states(store) == {"sent": 1}


def test_failing_chore_is_done_later_and_later_and_its_words_hold_no_credential() -> None:
    def fail() -> None:
        raise errors.pop(0)

    errors = [ValueError("AQALsecret"), Trouble("told"), OSError(28, "No space left on device")]
    chore, told, pauses = Chore("c", fail, 1.0), [], []
    while errors:
        chore.run()
        told.append(chore.trouble)
        pauses.append(chore.due_at - time.monotonic())
    assert told == ["ValueError", "told", "OSError: No space left on device"]
    assert pauses[0] < 0.11
    assert pauses[2] > 0.15


def test_status_and_resend_on_the_command_line(
    gate: Gate, store: Store, bank: GateBank, issuer: Issuer, tmp_path: Path, key_file: Path
) -> None:
    bank.rejects = {opened(gate, issuer.rider().text): "code_expired"}
    links = {"bank": bank.url, "central-bank": bank.url}
    assert run_gate(tmp_path / "gate", key_file, **links) == (0, "")
    done, said = run_gate(tmp_path / "gate", key_file, "--status")
    told = json.loads(said)
    assert done == 0
    assert told["not_taken"] == [{"state": "rejected", "code": "code_expired", "taps": 1}]
    assert told["deny_list"]["bank"] == bank.url
    bank.rejects = {}
    assert run_gate(tmp_path / "gate", key_file, "--resend") == (0, "")
    assert run_gate(tmp_path / "gate", key_file, **links) == (0, "")
    assert len(bank.taps) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--direction=entry"], "missing: --station, --gate-id"),
        (["--station=a b", "--gate-id=G1", "--direction=entry"], "no code"),
        (["--station=a", "--gate-id=G1", "--direction=entry"], "missing: --bank, --central-bank"),
        (["--status"], "no gate has run"),
        (["--station=a", "--gate-id=G1", "--direction=entry", "--offline"], "no institution's"),
    ],
)
def test_gate_that_cannot_work_says_why(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = cli.parse([*options, f"--state={tmp_path / 'none'}"])
    assert cli.run(arguments, io.BytesIO(), io.StringIO()) == 2
    assert said in capsys.readouterr().err
