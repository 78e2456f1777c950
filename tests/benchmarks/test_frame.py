"""The benchmark program, at sizes that say nothing about speed."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.report import Row, markdown, write
from benchmarks.server import ROOT


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--tiny", "--folder", str(folder / "server")]
    command += ["--document", str(folder / "benchmarks.md"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_run_measures_audits_and_writes_its_sections(tmp_path: Path) -> None:
    done = _run(tmp_path, "--only", "single,reading", "--transfers", "9000")
    assert done.returncode == 0, done.stderr
    assert "the audit found nothing" in done.stdout
    text = (tmp_path / "benchmarks.md").read_text()
    for part in ("batch 1, 16 connections", "audit of the whole ledger", "fsync on"):
        assert part in text
    assert not (tmp_path / "server").exists()


def test_the_gates_program_lets_everyone_in() -> None:
    command = [sys.executable, "-m", "benchmarks.gate", "20"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "| credential, characters | 151 (adult) | 176 (longest class) |" in done.stdout


def test_an_unknown_benchmark_is_named(tmp_path: Path) -> None:
    done = _run(tmp_path, "--only", "no-such")
    assert done.returncode != 0
    assert "no-such" in done.stderr


def test_a_section_replaces_itself_and_leaves_the_rest(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    write(document, "one", "One", "how", "| first |")
    document.write_text(document.read_text() + "\nA paragraph by hand.\n")
    write(document, "two", "Two", "how", "| second |")
    write(document, "one", "One", "how", "| third |")
    text = document.read_text()
    assert "first" not in text
    assert text.index("third") < text.index("by hand") < text.index("second")


@pytest.mark.parametrize(
    ("row", "reached"),
    [
        (Row("w", 10, ratio=1.5, floor=1.5), True),
        (Row("w", 10, ratio=1.49, floor=1.5), False),
        (Row("w", 4, "ms", floor=5), True),
        (Row("w", 6, "ms", floor=5), False),
        (Row("w", 6), None),
    ],
)
def test_a_floor_is_of_the_ratio_or_a_ceiling_of_the_value(row: Row, reached: bool | None) -> None:
    assert row.reached is reached
    assert ("missed" in markdown([row])) is (reached is False)
