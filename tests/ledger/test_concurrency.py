"""INV-3 with real concurrent writers."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.selectors import balance
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Result
from tests.ledger.conftest import ALICE, BOB, CHARLIE, FUNDED, move

WRITERS = 6
BATCHES = 20


@pytest.mark.usefixtures("bank")
def test_writers_in_opposite_directions_never_deadlock_nor_lose_a_fen() -> None:
    def write(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(BATCHES):
                pairs = [chance.sample([ALICE, BOB, CHARLIE], 2) for _ in range(8)]
                create_transfers([move(a, b, chance.randint(1, 40_000)) for a, b in pairs])
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    assert balance(ALICE) + balance(BOB) + balance(CHARLIE) == FUNDED
    assert audit_ledger().ok


@pytest.mark.usefixtures("bank")
def test_one_transfer_sent_by_many_at_once_happens_once() -> None:
    transfer = move(ALICE, BOB, 700)

    def send(_: int) -> Result:
        try:
            return create_transfers([transfer])[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        results = list(pool.map(send, range(WRITERS)))
    assert sorted(results) == sorted([Result.OK] + [Result.EXISTS] * (WRITERS - 1))
    assert balance(BOB) == 700
