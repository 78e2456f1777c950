# ruff: noqa: S608 (our own statements)
"""The auditor finds what nobody may do: edits of the tables by a superuser, one at a time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection

from cbdc.clock import now
from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.services import create_transfers, fold_hot_accounts, open_accounts
from cbdc.ledger.tasks import audit
from cbdc.ledger.types import AccountCode, Ledger, Limits, NewAccount, Side, TransferFlag
from tests.ledger.conftest import ALICE, BOB, CHARLIE, CLEARING, STOCK, move

HOT, SUB_WALLET = 301, 302
NOBODY = "00000000-0000-7000-8000-000000000001"
OF_ALICE = f"WHERE debit_account = {ALICE} AND flags = 0"
EDITS = [
    *(
        f"UPDATE ledger_account SET {column} = {column} + 1 WHERE id = {account}"
        for account in (ALICE, STOCK)
        for column in ("debits_posted", "credits_posted", "debits_pending", "credits_pending")
    ),
    f"UPDATE ledger_account SET credits_posted = 0, debits_posted = 0 WHERE id = {BOB}",
    f"UPDATE ledger_account SET debits_posted = debits_posted + 5, credits_posted ="
    f" credits_posted + 5 WHERE id IN ({ALICE}, {BOB})",
    f"UPDATE ledger_account SET counted_day = 0 WHERE id = {ALICE}",
    f"UPDATE ledger_account SET counted_year = counted_year - 1 WHERE id = {ALICE}",
    f"UPDATE ledger_account SET counted_on = counted_on - 1 WHERE id = {ALICE}",
    f"UPDATE ledger_account SET counted_day = 0 WHERE id = {CHARLIE}",
    f"UPDATE ledger_account SET last_transfer = prior_transfer WHERE id = {ALICE}",
    f"UPDATE ledger_account SET last_transfer = '{NOBODY}' WHERE id = {BOB}",
    f"UPDATE ledger_account SET ledger = 2 WHERE id = {BOB}",
    f"UPDATE ledger_account SET side = 1, overdraft = true WHERE id = {BOB}",
    f"UPDATE ledger_account SET status = 7 WHERE id = {BOB}",
    f"UPDATE ledger_account SET parent = 999 WHERE id = {SUB_WALLET}",
    f"UPDATE ledger_account SET daily_max = -1 WHERE id = {SUB_WALLET}",
    f"UPDATE ledger_account SET id = 998 WHERE id = {BOB}",
    f"DELETE FROM ledger_account WHERE id = {BOB}",
    f"UPDATE ledger_transfer SET amount = amount + 1 {OF_ALICE}",
    f"UPDATE ledger_transfer SET credit_account = {CHARLIE} WHERE credit_account = {BOB}",
    f"UPDATE ledger_transfer SET debit_account = {CHARLIE} {OF_ALICE} AND credit_account = {BOB}",
    f"UPDATE ledger_transfer SET debit_account = {CHARLIE}, credit_account = {ALICE}"
    f" {OF_ALICE} AND credit_account = {BOB}",
    f"UPDATE ledger_transfer SET ledger = 2 {OF_ALICE}",
    f"UPDATE ledger_transfer SET flags = 2 {OF_ALICE}",
    f"UPDATE ledger_transfer SET debit_balance_after = debit_balance_after + 1 {OF_ALICE}",
    f"UPDATE ledger_transfer SET credit_balance_after = 0 WHERE credit_account = {BOB}",
    f"UPDATE ledger_transfer SET debit_previous = '{NOBODY}' {OF_ALICE}",
    f"UPDATE ledger_transfer SET credit_previous = NULL WHERE credit_account = {BOB}",
    f"UPDATE ledger_transfer SET sequence = -sequence {OF_ALICE}",
    "UPDATE ledger_transfer SET sequence = 1",
    f"UPDATE ledger_transfer SET id = '{NOBODY}' {OF_ALICE} AND credit_account = {BOB}",
    f"UPDATE ledger_transfer SET occurred_at = recorded_at + interval '1 day' {OF_ALICE}",
    "UPDATE ledger_transfer SET recorded_at = recorded_at - interval '400 days' WHERE flags = 16",
    "UPDATE ledger_transfer SET flags = 0 WHERE flags = 16",
    f"DELETE FROM ledger_transfer {OF_ALICE}",
    "DELETE FROM ledger_transfer WHERE pending_id IS NOT NULL",
    "UPDATE ledger_transfer SET pending_id = id WHERE pending_id IS NOT NULL",
    "UPDATE ledger_pending SET state = 1 WHERE state = 2",
    "UPDATE ledger_pending SET state = 3 WHERE state = 1",
    "UPDATE ledger_pending SET amount = amount + 1 WHERE state = 1",
    "UPDATE ledger_pending SET counted_on = NULL WHERE counted_on IS NOT NULL",
    "DELETE FROM ledger_pending WHERE state = 1",
    f"UPDATE ledger_hot_entry SET moved = moved + 1 WHERE account = {HOT}",
    f"DELETE FROM ledger_hot_entry WHERE account = {HOT}",
    "UPDATE ledger_hot SET folded_upto = folded_upto + 1000000",
    "UPDATE ledger_hot SET folded_upto = 0",
    "UPDATE ledger_anchor SET available = available + 1",
    "UPDATE ledger_limit SET daily_max = daily_max + 1 WHERE category = 3",
    "UPDATE ledger_ceilings SET annual_max = '{1,1,1,1}'",
]


@pytest.fixture
def limits_are_kept() -> Iterator[None]:
    """The published limits survive a test's end, unlike accounts: put them back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM ledger_limit")
        rows = cursor.fetchall()
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_limit")
        cursor.executemany("INSERT INTO ledger_limit VALUES (%s, %s, %s, %s, %s, %s)", rows)
        cursor.execute("SELECT ledger_refresh_ceilings()")


@pytest.fixture
def busy_bank(bank: None, limits_are_kept: None) -> None:
    """A bank that has used everything: limits, reservations, hot accounts, a sub-wallet."""
    digital, wallet = Ledger.DIGITAL_CURRENCY, AccountCode.WALLET
    open_accounts(
        [
            NewAccount(HOT, digital, wallet, Side.CREDIT, hot=True),
            NewAccount(
                SUB_WALLET, digital, wallet, Side.CREDIT, parent=CHARLIE, limits=Limits(daily=900)
            ),
        ]
    )
    pending, limited = TransferFlag.PENDING, TransferFlag.LIMITED
    posted = move(ALICE, CLEARING, 400, flags=pending | limited)
    still_open = move(ALICE, CLEARING, 300, flags=pending, expires_at=now() + timedelta(days=1))
    create_transfers([move(ALICE, BOB, 1000), move(ALICE, CHARLIE, 500), posted, still_open])
    create_transfers([move(CHARLIE, SUB_WALLET, 200), move(ALICE, HOT, 70)])
    fold_hot_accounts()
    create_transfers([move(BOB, HOT, 30), move(STOCK, HOT, 5)])
    create_transfers([move(SUB_WALLET, BOB, 50, flags=limited), move(ALICE, BOB, 9, flags=limited)])
    create_transfers([move(ALICE, CLEARING, 150, flags=TransferFlag.POST, pending_id=posted.id)])


@pytest.mark.usefixtures("busy_bank")
def test_a_ledger_that_nobody_touched_is_clean() -> None:
    assert audit_ledger().findings == ()


def test_there_are_more_than_forty_edits() -> None:
    assert len(set(EDITS)) == len(EDITS) >= 40


@pytest.mark.usefixtures("busy_bank")
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_found(edit: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(edit)
        assert cursor.rowcount > 0, "the edit found nothing to change"
    assert not audit_ledger().ok


@pytest.mark.usefixtures("busy_bank")
def test_the_first_wrong_account_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_account SET debits_posted = debits_posted + 1,"
            " credits_posted = credits_posted + 1 WHERE id IN (%s, %s)",
            [BOB, CHARLIE],
        )
    first = audit_ledger().findings[0]
    assert first == f"INV-3: balance differs from its transfers: {BOB}"


@pytest.mark.usefixtures("busy_bank")
def test_the_hourly_audit_logs_each_finding(caplog: pytest.LogCaptureFixture) -> None:
    audit()
    assert not [record for record in caplog.records if record.levelname == "CRITICAL"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET counted_day = 0 WHERE id = %s", [ALICE])
    audit()
    [record] = [record for record in caplog.records if record.levelname == "CRITICAL"]
    assert record.getMessage().endswith(f"INV-7: counters differ from the payments: {ALICE}")
