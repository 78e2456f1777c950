"""Seeds of the simulation: faults at every step, the invariants after every step, and an end.

SEED=7 plays one seed. SEEDS=5000 plays that many, SEED_FIRST says from which on. What was played
is logged to SIMULATION_LOG, a line of JSON for each seed.
"""

import hashlib
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.scale import scaled
from tests.simulation.scenario import Report, Scenario, ScenarioError
from tests.simulation.wire import FAULTS
from tests.simulation.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.soak]

ONLY = os.environ.get("SEED")
# Two hundred from here on reach every situation; those from 1 on happen to miss a rare one.
FIRST = int(ONLY or os.environ.get("SEED_FIRST") or "200")
SEEDS = 1 if ONLY else int(os.environ.get("SEEDS") or scaled(ci=200, soak=20_000))
BLOCKS = min(20, SEEDS)  # tests that share the seeds
ALL_FOUND_FROM = 150  # seeds that reach every situation

REACHED = (
    "payment: completed",  # inside a bank
    "payment: pending",  # across banks
    "payment: balance_limit_exceeded",
    "payment: payment_limit_exceeded",
    "payment: unknown_payee",
    "rejected: balance_limit_exceeded",  # by the payee's bank
    "rejected: unknown_payee",
    "rejected: wallet_frozen",
    "rejected: institution_unavailable",  # expired, or without cover
    "settled gross",  # high value, or the net debit cap was used up
    "return completed",
    "cycle settled under faults",
    "late arrival",
    "central camt.056",  # recalls
    "central pacs.028",  # questions
    "central token.refusal",
)
FAULTS_SEEN = (*FAULTS, "no way through", "crash before a commit", "crash after a commit")


@pytest.fixture(scope="module")
def played() -> list[Report]:
    """What the tests of this module have played."""
    return []


def play(world: World, seed: int, played: list[Report]) -> Report:
    try:
        report = Scenario(world, seed).run()
    except ScenarioError as error:
        _log(
            seed=seed,
            failed=str(error).splitlines()[:4],
            lost=error.lost,
            doubled=error.doubled,
            stuck=error.stuck,
        )
        raise
    played.append(report)
    _log(
        seed=seed,
        payments=report.payments,
        faults=dict(report.faults),
        lost=report.lost,
        doubled=report.doubled,
        stuck=report.stuck,
        digest=digest(report),
    )
    return report


def _log(**line: object) -> None:
    if log := os.environ.get("SIMULATION_LOG"):
        with Path(log).open("a") as out:
            out.write(json.dumps(line) + "\n")


def digest(report: Report) -> str:
    """Of every step and its outcome."""
    return hashlib.sha256("\n".join(report.trace).encode()).hexdigest()[:16]


def test_a_seed_plays_the_same_every_time(world: World) -> None:
    first, second = (digest(Scenario(world, FIRST).run()) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("block", range(BLOCKS))
def test_nothing_is_lost_doubled_or_stuck(world: World, block: int, played: list[Report]) -> None:
    for seed in range(FIRST + block, FIRST + SEEDS, BLOCKS):
        report = play(world, seed, played)
        if ONLY:
            print("\n".join(report.trace))


def test_the_seeds_reach_every_fault_and_every_end(played: list[Report]) -> None:
    """Proof that the faults happened: a simulation in which nothing goes wrong shows nothing."""
    faults = sum((report.faults for report in played), Counter[str]())
    situations = sum((report.situations for report in played), Counter[str]())
    print(dict(faults), dict(situations))
    if len(played) >= ALL_FOUND_FROM:
        assert [fault for fault in FAULTS_SEEN if not faults[fault]] == []
        assert [name for name in REACHED if not situations[name]] == []
