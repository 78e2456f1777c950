"""The stand-alone verifier: what holds passes, every change is found and named."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from django.core.management import call_command

from cbdc.devnet.stack import ROOT
from cbdc.protocol.messages import TokenLockRequest, TokenRedeemRequest, TokenUnlockRequest
from cbdc.verify.__main__ import verify
from cbdc.verify.signatures import Finding
from central_bank.clearing.settlement import settle_cycle
from tests.central_bank.support import Vault, close, guarantee, pay
from tests.scale import scaled

pytestmark = pytest.mark.usefixtures("central_bank")
SUPPLY = (3_077, 300, 2_777)


@pytest.fixture
def export(central_bank: None, tmp_path: Path) -> Path:
    """Issue, lock, settle, unlock and redeem, exported."""
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    settle_cycle(close())
    vault = Vault("jade")
    vault.issue(2_077)
    vault.spend(TokenLockRequest, 500)
    vault.spend(TokenUnlockRequest, 200)
    vault.spend(TokenRedeemRequest, 300)
    file = tmp_path / "registry.jsonl"
    call_command("export_registry", str(file))
    return file


def findings(file: Path) -> list[Finding]:
    """In this process alone."""
    return verify(file, processes=1)[1]


def lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines(keepends=True)


def transactions(file: Path) -> list[int]:
    """The indexes of the lines that are transactions."""
    return [i for i, line in enumerate(lines(file)) if b'"type":"transaction"' in line]


def test_command_prints_the_sums_and_needs_no_django(export: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cbdc.verify", "--json", str(export)],
        cwd=ROOT,
        env={"PATH": "", "DJANGO_SETTINGS_MODULE": "there.is.none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert (said["issued"], said["redeemed"], said["live"]) == SUPPLY
    assert (said["ok"], said["findings"], said["transactions"]) == (True, [], 7)


def test_all_processes_find_the_same(export: Path) -> None:
    registry, found = verify(export)
    assert found == []
    assert (registry.issued, registry.redeemed, registry.live_value) == SUPPLY


def test_one_bit_changed_anywhere_is_found(export: Path, tmp_path: Path) -> None:
    raw, random, changed = export.read_bytes(), Random(4), tmp_path / "changed.jsonl"
    for _ in range(scaled(ci=300, soak=20_000)):
        place, bit = random.randrange(len(raw)), 1 << random.randrange(8)
        changed.write_bytes(raw[:place] + bytes([raw[place] ^ bit]) + raw[place + 1 :])
        assert findings(changed), f"byte {place}, bit {bit}"


def test_changed_token_is_named(export: Path) -> None:
    export.write_bytes(export.read_bytes().replace(b'"value":2077', b'"value":2078', 1))
    assert any(f.subject.startswith("token ") and "signature" in f.detail for f in findings(export))


def test_deleted_transaction_is_named(export: Path) -> None:
    original = lines(export)
    for index in transactions(export):
        export.write_bytes(b"".join(original[:index] + original[index + 1 :]))
        sequence = json.loads(original[index])["sequence"]
        assert any(f"transaction {sequence}" in f"{f.subject} {f.detail}" for f in findings(export))


def test_reordered_transactions_are_named(export: Path) -> None:
    original = lines(export)
    first, *_, last = transactions(export)
    for index in range(first, last):
        swapped = [*original]
        swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
        export.write_bytes(b"".join(swapped))
        assert any("chain" in f.detail for f in findings(export))


def test_key_that_the_issuer_did_not_publish_is_named(export: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text('{"keys": []}')
    _, found = verify(export, keys)
    assert ["published" in f.detail for f in found] == [True]


def test_export_that_is_cut_off_is_found(export: Path) -> None:
    export.write_bytes(b"".join(lines(export)[:-1]))
    assert "head" in {f.subject for f in findings(export)}
