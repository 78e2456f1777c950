"""docs/tutorial.md is run as it stands, against real processes, so that it cannot rot."""

import re
import shutil
import subprocess
import sys

import pytest

from cbdc.devnet.network import BASE_PORT, members
from cbdc.devnet.stack import ROOT, Devnet
from tests.system.support import open_wallet

pytestmark = pytest.mark.system

TUTORIAL = ROOT / "docs" / "tutorial.md"
TIMEOUT_S = 180
PROGRAMS = ("bash", "curl", "openssl", "python3")


def blocks(language: str, devnet: Devnet) -> str:
    """The page's blocks of a language, one after the other, with this network's ports."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", TUTORIAL.read_text(), re.M | re.S)
    assert found
    text = "\n".join(found)
    for written, running in zip(members(BASE_PORT), devnet.network.members, strict=True):
        text = text.replace(written.base_url, running.base_url)
    return text


def run(command: list[str], script: str) -> str:
    done = subprocess.run(
        command,
        input=script,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_tutorial_in_python(devnet: Devnet) -> None:
    open_wallet(devnet, "harbor", 2, top_up=1)  # waits until the banks hold tokens
    said = run([sys.executable, "-"], blocks("python", devnet)).splitlines()
    assert said[0] == "completed 1234"
    assert said[1].startswith("20 62")
    assert said[2] == "wallet_frozen"
    assert "'transactions'" in said[3]
    assert said[4:8] == ["paid True", "paid", "completed 1800", "opening_balance"]


def test_tutorial_with_curl(devnet: Devnet) -> None:
    """Where a program is missing (tools/run.py installs them where it can), its part is read."""
    open_wallet(devnet, "harbor", 2, top_up=1)
    script = "set -euo pipefail\n" + blocks("sh", devnet)
    if not all(map(shutil.which, PROGRAMS)):
        assert "openssl pkeyutl" in script
        return
    said = run(["bash", "-s"], script)
    assert '"category":4' in said
    assert '"transaction_id"' in said
    assert "the payment is completed" in said
    assert "closing_balance" in said
    assert "(refused)" in said
    assert '"code":"payment_limit_exceeded"' in said
    assert said.rstrip().endswith("}")
    assert '"status":"paid"' in said
