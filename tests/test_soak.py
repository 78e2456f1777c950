"""`make soak` adds its logs up, and one fen lost anywhere fails it."""

import json
from pathlib import Path

import pytest

from loadtests.soak import add_up

SEED = {"seed": 1, "payments": 4, "faults": {"reply lost": 2}, "lost": 0, "doubled": 0, "stuck": 0}
RUN = {
    "payments": 30,
    "faults": {"reply lost": 5},
    "kills": {"harbor-web": 2},
    "fen_lost": 0,
    "fen_doubled": 0,
    "stuck": 0,
}


def write(folder: Path, name: str, *rows: dict[str, object]) -> None:
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_the_figures_of_all_logs_are_added_up(tmp_path: Path) -> None:
    write(tmp_path, "simulation.jsonl", SEED, {**SEED, "seed": 2})
    write(tmp_path, "faults.jsonl", RUN)
    figures = add_up(tmp_path)
    assert (figures.faults_injected, figures.payments_made) == (11, 38)
    assert figures.clean


@pytest.mark.parametrize("name", ["lost", "doubled", "stuck"])
def test_one_fen_or_payment_of_one_seed_is_enough_to_fail(tmp_path: Path, name: str) -> None:
    failed = {"seed": 3, "failed": ["INV-2"], "lost": 0, "doubled": 0, "stuck": 0, name: 1}
    write(tmp_path, "simulation.jsonl", SEED, failed)
    assert not add_up(tmp_path).clean


@pytest.mark.parametrize("name", ["fen_lost", "fen_doubled", "stuck"])
def test_one_fen_or_payment_of_a_run_is_enough_to_fail(tmp_path: Path, name: str) -> None:
    write(tmp_path, "faults.jsonl", RUN, {**RUN, name: 1})
    assert not add_up(tmp_path).clean
