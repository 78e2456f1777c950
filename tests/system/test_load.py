"""`make load` with real processes: a short run holds, and books that lack something fail it."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cbdc.devnet.stack import ROOT
from cbdc.identifiers import new_id
from loadtests import stack
from loadtests.audit import acknowledged_checks
from loadtests.measured import acknowledged, acknowledgements
from loadtests.stack import Stack

pytestmark = pytest.mark.system

DURATION_S = 10
USERS = 10
WALLETS = 60


@pytest.fixture(scope="module")
def under_load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The network as `make load` starts it."""
    folder = tmp_path_factory.mktemp("load")
    with stack.own(folder / "state", keep=False, progress=lambda step: None) as running:
        yield running


@pytest.fixture(scope="module")
def folder(under_load: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run of ten seconds left its reports."""
    assert under_load.books is not None
    folder = tmp_path_factory.mktemp("reports")
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.load", "--folder", str(folder)],
        cwd=ROOT,
        env={
            **os.environ,
            "SCENARIO": "steady",
            "USERS": str(USERS),
            "DURATION": str(DURATION_S),
            "WALLETS": str(WALLETS),
            "CROSS_BANK": "0.3",
            "HOST": under_load.central_bank,
            "STATE": str(under_load.books.state_dir),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def the_run(folder: Path) -> Path:
    [out] = [one for one in folder.iterdir() if one.is_dir() and one.name != "keys"]
    return out


def failed(under_load: Stack, files: list[Path]) -> list[str]:
    """The details of the checks that did not hold."""
    checks = acknowledged_checks(under_load, files)
    return [check.detail for check in checks if not check.held]


def test_a_short_run_passes_its_audit(folder: Path) -> None:
    with (folder / "runs.csv").open(newline="") as rows:
        [row] = csv.DictReader(rows)
    assert row["audit"] == "held"
    assert row["errors"] == "0"
    assert int(row["payments"]) > USERS
    [page] = folder.glob("*-steady.html")
    shown = page.read_text()
    assert "The books hold." in shown
    for words in ("pay across banks", "harbor-web", "generator", "audit_ledger of lotus"):
        assert words in shown


def test_an_acknowledged_id_that_no_bank_knows_fails_the_audit(
    under_load: Stack, folder: Path, tmp_path: Path
) -> None:
    files = acknowledged(the_run(folder))
    one = first_payment(files)
    unknown = {**one, "payment_id": str(new_id()), "status": "completed"}
    (tmp_path / "acknowledged-other-1.jsonl").write_text(json.dumps(unknown) + "\n")
    [found, *_] = failed(under_load, [*files, *acknowledged(tmp_path)])
    assert unknown["payment_id"] in found


def test_a_payment_taken_out_of_the_books_fails_the_audit(under_load: Stack, folder: Path) -> None:
    files = acknowledged(the_run(folder))
    one = first_payment(files)
    assert under_load.network is not None
    [bank] = [b for b in under_load.network.banks if one["payer_wallet"].startswith(b.number)]
    url = under_load.network.database_url(bank.code, owner=True)
    with psycopg.connect(url) as connection:
        deleted = connection.execute(
            "DELETE FROM payments_payment WHERE id = %s", [one["payment_id"]]
        )
        assert deleted.rowcount == 1
    [found, *_] = failed(under_load, files)
    assert one["payment_id"] in found


def first_payment(files: list[Path]) -> dict[str, Any]:
    """A payment inside a bank."""
    return next(
        row
        for row in acknowledgements(files)
        if row["kind"] == "payment" and row["payer_wallet"][:4] == row["payee_wallet"][:4]
    )
