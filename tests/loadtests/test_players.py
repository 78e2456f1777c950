"""Who pays whom, and that Locust can play every scenario."""

import subprocess
import sys
from pathlib import Path

import pytest

from cbdc.client.load_file import LoadFile, LoadMerchant
from cbdc.devnet.stack import Devnet
from loadtests import audit, load, stack
from loadtests.audit import Check
from loadtests.load import SCENARIOS, command
from loadtests.measured import Measured
from loadtests.processes import Sampler
from loadtests.stack import Stack
from loadtests.targets import Target, Targets

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(file.stem for file in SCENARIOS.glob("[a-z]*.py"))


def target(code: str, number: str, wallets: int, shops: int = 0) -> Target:
    merchants = [LoadMerchant(str(n), f"shop {n}", f"{n}", "sk_") for n in range(shops)]
    return Target(f"http://{code}.test", LoadFile(code, number, wallets, merchants))


def test_a_share_of_payments_goes_to_other_banks() -> None:
    harbor, lotus = target("harbor", "0011", 10), target("lotus", "0012", 10)
    banks = Targets([harbor, lotus])
    assert all(banks.payee(harbor, 0, 0.0).startswith("0011") for _ in range(50))
    assert all(banks.payee(harbor, 0, 1.0).startswith("0012") for _ in range(50))


def test_nobody_pays_himself() -> None:
    harbor = target("harbor", "0011", 3)
    for own in range(3):
        payees = {Targets([harbor]).payee(harbor, own, 1.0) for _ in range(100)}
        assert payees == {harbor.seeded.wallet_id(n) for n in range(3) if n != own}


def test_the_shop_of_the_flash_sale_is_left_to_it() -> None:
    harbor = target("harbor", "0011", 3, shops=3)
    sold = {Targets([harbor]).shop(harbor, 0.0)[1].merchant_id for _ in range(100)}
    assert sold == {"1", "2"}


@pytest.mark.parametrize("scenario", NAMES)
def test_locust_knows_the_users_of_every_scenario(scenario: str) -> None:
    # In a process of its own: Locust replaces the sockets and threads of the process it is in.
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(SCENARIOS / f"{scenario}.py"), "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr


def options(*arguments: str) -> list[str]:
    parsed = load._options([*arguments])
    return command(parsed, "http://127.0.0.1:8000")


def test_locust_is_told_what_make_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SCENARIO": "rush", "USERS": "200", "DURATION": "90"}.items():
        monkeypatch.setenv(name, value)
    words = options()
    assert words[words.index("--users") + 1] == "200"
    assert words[words.index("--run-time") + 1] == "90s"
    assert words[words.index("-f") + 1].endswith("scenarios/rush.py")
    assert "--headless" in words


def test_the_web_page_begins_the_run() -> None:
    words = options("--web", "8089")
    assert "--headless" not in words
    assert words[words.index("--web-host") + 1] == "127.0.0.1"


@pytest.mark.parametrize(
    "wrong",
    [
        ["--scenario", "none"],
        ["--users", "0"],
        ["--users", "many"],
        ["--cross-bank", "1.5"],
        ["--duration", "-1"],
        ["--wallets", "1"],
    ],
)
def test_what_makes_no_sense_is_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        load._options(wrong)
    assert refused.value.code == 2


@pytest.mark.parametrize(("held", "status"), [(True, 0), (False, 1)])
def test_a_check_that_does_not_hold_fails_the_run_and_the_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: bool, status: int
) -> None:
    reached = Stack("http://127.0.0.1:1", Devnet(tmp_path / "state", 1), is_own=True)
    check = Check("the books", held, "one is missing")
    nothing = load.Played(Measured(), Sampler(dict), 0.0, ())
    monkeypatch.setattr(load, "play", lambda *_: nothing)
    monkeypatch.setattr(stack, "seed", lambda *_, **__: None)
    for module in (load, audit):
        monkeypatch.setattr(module, "wait_for_quiet", lambda *_, **__: Check("quiet", True))
        monkeypatch.setattr(module, "audit", lambda *_: [check])
    monkeypatch.setattr(stack, "running", lambda *_: reached)
    assert load.run(load._options(["--folder", str(tmp_path)]), reached) == status
    assert audit.main([str(tmp_path), "--host", "http://127.0.0.1:1"]) == status


def test_a_run_whose_books_cannot_be_seen_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = load.Played(Measured(), Sampler(dict), 0.0, ())
    monkeypatch.setattr(load, "play", lambda *_: nothing)
    monkeypatch.setattr(load, "audit", lambda *_: [])
    parsed = load._options(["--folder", str(tmp_path)])
    assert load.run(parsed, Stack("http://127.0.0.1:1", None, is_own=False)) == 1
    [page] = tmp_path.glob("*.html")
    assert "the books can be reached" in page.read_text()
