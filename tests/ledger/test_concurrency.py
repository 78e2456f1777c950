"""INV-3 with real concurrent writers."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection

from cbdc.identifiers import new_id
from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.selectors import balance, balances
from cbdc.ledger.services import (
    create_transfers,
    fold_hot_accounts,
    open_accounts,
    set_account_limits,
)
from cbdc.ledger.types import (
    AccountCode,
    Ledger,
    Limits,
    NewAccount,
    Result,
    Side,
    Transfer,
    TransferFlag,
)
from tests.ledger.conftest import ALICE, BOB, CHARLIE, CLEARING, FUNDED, move
from tests.scale import scaled

LIMITED = TransferFlag.LIMITED
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


@pytest.mark.soak
@pytest.mark.usefixtures("bank")
def test_writers_with_all_that_the_engine_knows_leave_a_ledger_that_audits() -> None:
    """Limits, caps, chains, reservations, a hot account and a sub-wallet, all at once."""
    hot, sub_wallet = 301, 302
    digital, wallet = Ledger.DIGITAL_CURRENCY, AccountCode.WALLET
    open_accounts(
        [
            NewAccount(hot, digital, wallet, Side.CREDIT, hot=True),
            NewAccount(sub_wallet, digital, wallet, Side.CREDIT, parent=ALICE),
        ]
    )
    set_account_limits(account=BOB, limits=Limits(balance=FUNDED // 2, daily=FUNDED))
    flags = [0, 0, LIMITED, LIMITED, TransferFlag.LINKED, TransferFlag.PENDING | LIMITED]
    accounts = [ALICE, BOB, CHARLIE, CLEARING, hot, sub_wallet]

    def write(seed: int) -> None:
        chance = random.Random(seed)
        reserved: list[Transfer] = []
        try:
            for _ in range(scaled(ci=12, soak=2000)):
                batch = []
                for _ in range(chance.choice([1, 3, 20])):
                    payer, payee = chance.sample(accounts, 2)
                    amount = chance.randint(1, 3000)
                    batch.append(move(payer, payee, amount, flags=chance.choice(flags)))
                for pending in reserved[-3:]:
                    flag = chance.choice([TransferFlag.POST, TransferFlag.VOID])
                    batch.append(replace(pending, id=new_id(), flags=flag, pending_id=pending.id))
                results = create_transfers(batch)
                reserved = [
                    transfer
                    for transfer, result in zip(batch, results, strict=True)
                    if result is Result.OK and transfer.flags & TransferFlag.PENDING
                ]
                if chance.random() < 0.1:
                    fold_hot_accounts()
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    assert audit_ledger().findings == ()
    assert sum(balances(accounts).values()) + reserved_money() == FUNDED


def reserved_money() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(amount), 0) FROM ledger_pending WHERE state = 1")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
