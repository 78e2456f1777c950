"""The benchmark of the staff's pages, at sizes that say nothing about speed."""

import re
import subprocess
import sys

import pytest

from benchmarks.server import ROOT


@pytest.mark.parametrize("code", ["harbor", "central-bank"])
def test_every_page_is_measured_and_takes_few_queries(code: str) -> None:
    command = [sys.executable, "-m", "benchmarks.consoles", "--only", code]
    command += ["--wallets", "100", "--transfers", "1000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    queries = [int(number) for number in re.findall(r"^\| `[^`]+` \| (\d+) \|", done.stdout, re.M)]
    assert len(queries) > 80
    assert 0 < min(queries) <= max(queries) <= 15
