"""What the engine answers, transfer by transfer."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.selectors import available, balance, history
from cbdc.ledger.services import create_transfers, expire_pending, set_account_status
from cbdc.ledger.types import AccountStatus, Ledger, Result, Transfer, TransferCode, TransferFlag
from tests.ledger.conftest import ALICE, BOB, CHARLIE, CLEARING, FUNDED, TOKENS, move

pytestmark = pytest.mark.usefixtures("bank")


def one(transfer: Transfer) -> Result:
    [result] = create_transfers([transfer])
    assert audit_ledger().ok
    return result


def resolve(pending: Transfer, flag: TransferFlag, amount: int = 0) -> Transfer:
    return Transfer(
        id=new_id(),
        debit_account=0,
        credit_account=0,
        amount=amount,
        ledger=0,
        code=0,
        reference=pending.reference,
        occurred_at=now(),
        flags=flag,
        pending_id=pending.id,
    )


def test_a_transfer_moves_money_from_debit_to_credit() -> None:
    assert one(move(ALICE, BOB, 250)) is Result.OK
    assert (balance(ALICE), balance(BOB)) == (FUNDED - 250, 250)


def test_the_same_transfer_again_exists_and_moves_nothing() -> None:
    transfer = move(ALICE, BOB, 250)
    assert one(transfer) is Result.OK
    assert one(transfer) is Result.EXISTS
    assert balance(BOB) == 250


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"amount": 251}, Result.EXISTS_WITH_DIFFERENT_AMOUNT),
        ({"credit_account": CHARLIE}, Result.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT),
        ({"debit_account": CLEARING}, Result.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT),
        ({"ledger": Ledger.DEPOSITS}, Result.EXISTS_WITH_DIFFERENT_LEDGER),
        ({"code": TransferCode.REFUND}, Result.EXISTS_WITH_DIFFERENT_CODE),
        ({"flags": TransferFlag.PENDING}, Result.EXISTS_WITH_DIFFERENT_FLAGS),
        ({"reference": new_id()}, Result.EXISTS_WITH_DIFFERENT_REFERENCE),
    ],
)
def test_an_id_used_with_other_content_names_the_field(
    changes: dict[str, Any], expected: Result
) -> None:
    transfer = move(ALICE, BOB, 250)
    assert one(transfer) is Result.OK
    assert one(replace(transfer, **changes)) is expected
    assert balance(BOB) == 250


@pytest.mark.parametrize(
    ("transfer", "expected"),
    [
        (move(ALICE, BOB, FUNDED + 1), Result.INSUFFICIENT_FUNDS),
        (move(BOB, TOKENS, 1), Result.INSUFFICIENT_FUNDS),
        (move(ALICE, BOB, 0), Result.AMOUNT_INVALID),
        (move(ALICE, BOB, -1), Result.AMOUNT_INVALID),
        (move(ALICE, ALICE, 1), Result.ACCOUNTS_MUST_BE_DIFFERENT),
        (move(ALICE, 999, 1), Result.ACCOUNT_NOT_FOUND),
        (move(ALICE, BOB, 1, ledger=Ledger.DEPOSITS), Result.LEDGER_MISMATCH),
        (move(ALICE, BOB, 1, flags=TransferFlag.POST), Result.FLAGS_INVALID),
        (
            move(ALICE, BOB, 1, flags=TransferFlag.POST, pending_id=new_id()),
            Result.PENDING_NOT_FOUND,
        ),
        (move(ALICE, BOB, 1, flags=TransferFlag.LINKED), Result.LINKED_CHAIN_OPEN),
    ],
)
def test_a_refused_transfer_changes_nothing(transfer: Transfer, expected: Result) -> None:
    assert one(transfer) is expected
    assert (balance(ALICE), balance(BOB)) == (FUNDED, 0)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (AccountStatus.FROZEN, Result.ACCOUNT_FROZEN),
        (AccountStatus.CLOSED, Result.ACCOUNT_CLOSED),
    ],
)
def test_a_frozen_or_closed_account_neither_pays_nor_is_paid(
    status: AccountStatus, expected: Result
) -> None:
    set_account_status(account=BOB, status=status)
    assert one(move(ALICE, BOB, 1)) is expected
    assert one(move(BOB, ALICE, 1)) is expected


def test_linked_transfers_succeed_or_fail_together() -> None:
    linked = move(ALICE, BOB, 100, flags=TransferFlag.LINKED)
    results = create_transfers([linked, move(CHARLIE, BOB, 1), move(ALICE, CHARLIE, 5)])
    assert results == [Result.LINKED_TRANSFER_FAILED, Result.INSUFFICIENT_FUNDS, Result.OK]
    assert balance(BOB) == 0
    assert audit_ledger().ok


def test_a_later_transfer_of_the_batch_spends_what_an_earlier_one_brought() -> None:
    assert create_transfers([move(ALICE, BOB, 100), move(BOB, CHARLIE, 100)]) == [
        Result.OK,
        Result.OK,
    ]


def test_a_reservation_lowers_what_is_available_until_it_is_voided() -> None:
    pending = move(ALICE, CLEARING, 400, flags=TransferFlag.PENDING)
    assert one(pending) is Result.OK
    assert (balance(ALICE), available(ALICE)) == (FUNDED, FUNDED - 400)
    assert one(move(ALICE, BOB, FUNDED - 399)) is Result.INSUFFICIENT_FUNDS
    assert one(resolve(pending, TransferFlag.VOID)) is Result.OK
    assert available(ALICE) == FUNDED
    assert one(resolve(pending, TransferFlag.POST)) is Result.PENDING_ALREADY_VOIDED


@pytest.mark.parametrize(("amount", "paid"), [(0, 400), (150, 150)])
def test_posting_moves_all_or_part_and_releases_the_rest(amount: int, paid: int) -> None:
    pending = move(ALICE, CLEARING, 400, flags=TransferFlag.PENDING)
    one(pending)
    assert one(resolve(pending, TransferFlag.POST, amount)) is Result.OK
    assert (balance(ALICE), available(ALICE)) == (FUNDED - paid, FUNDED - paid)
    assert balance(CLEARING) == paid
    assert one(resolve(pending, TransferFlag.VOID)) is Result.PENDING_ALREADY_POSTED


def test_posting_more_than_reserved_is_refused() -> None:
    pending = move(ALICE, CLEARING, 400, flags=TransferFlag.PENDING)
    one(pending)
    assert one(resolve(pending, TransferFlag.POST, 401)) is Result.PENDING_AMOUNT_EXCEEDED


def test_an_expired_reservation_cannot_be_posted_and_is_released() -> None:
    past = now() - timedelta(seconds=1)
    pending = move(ALICE, CLEARING, 400, flags=TransferFlag.PENDING, expires_at=past)
    one(pending)
    assert one(resolve(pending, TransferFlag.POST)) is Result.PENDING_EXPIRED
    assert expire_pending(now=now()) == 1
    assert expire_pending(now=now()) == 0
    assert available(ALICE) == FUNDED


def test_a_frozen_account_still_gets_its_reservation_resolved() -> None:
    pending = move(ALICE, CLEARING, 400, flags=TransferFlag.PENDING)
    one(pending)
    set_account_status(account=ALICE, status=AccountStatus.FROZEN)
    assert one(resolve(pending, TransferFlag.POST)) is Result.OK


def test_history_shows_each_amount_once_and_its_balances_telescope() -> None:
    pending = move(ALICE, CLEARING, 400, flags=TransferFlag.PENDING)
    create_transfers([move(ALICE, BOB, 100), pending, move(BOB, ALICE, 30)])
    create_transfers([resolve(pending, TransferFlag.VOID)])
    entries = history(ALICE, limit=10)
    shown = [(e.direction, e.amount, e.status) for e in entries]
    assert shown == [
        ("in", 400, "posted"),
        ("in", 30, "posted"),
        ("out", 400, "voided"),
        ("out", 100, "posted"),
        ("in", FUNDED, "posted"),
    ]
    for newer, older in pairwise(entries):
        step = newer.amount if newer.direction == "in" else -newer.amount
        assert newer.balance_after == older.balance_after + step
    assert entries[0].balance_after == available(ALICE)
    assert history(ALICE, before=entries[2].cursor, limit=10) == entries[3:]
