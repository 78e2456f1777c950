"""The history of an account: newest first, in pages, by what was asked for."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from cbdc.clock import now
from cbdc.ledger import months
from cbdc.ledger.selectors import Entry, history
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Result, TransferCode, TransferFlag
from tests.ledger.conftest import ALICE, BOB, CHARLIE, FUNDED, STOCK, move
from tests.ledger.support import id_in

pytestmark = pytest.mark.usefixtures("bank")


def pages(account: int, size: int, **filters: object) -> list[list[Entry]]:
    found: list[list[Entry]] = []
    cursor = None
    while page := history(account, before=cursor, limit=size, **filters):  # type: ignore[arg-type]
        found.append(page)
        cursor = page[-1].cursor
    return found


@pytest.fixture
def payments() -> list[int]:
    """Ten payments of Alice to Bob, the first amounts first; every third is a refund to her."""
    start = now() - timedelta(hours=10)
    batch = []
    for n in range(1, 11):
        pair, code = ((BOB, ALICE), TransferCode.REFUND) if n % 3 == 0 else (
            (ALICE, BOB), TransferCode.PAYMENT)  # fmt: skip
        batch.append(move(*pair, n, code=code, occurred_at=start + timedelta(hours=n - 1)))
    assert create_transfers(batch) == [Result.OK] * 10
    return list(range(1, 11))


@pytest.mark.parametrize("size", [1, 3, 10, 11])
def test_pages_are_the_whole_history_once(payments: list[int], size: int) -> None:
    found = pages(BOB, size)
    assert [e.amount for page in found for e in page] == payments[::-1]
    assert all(len(page) == size for page in found[:-1])


def test_a_page_does_not_move_when_newer_transfers_come(payments: list[int]) -> None:
    first = history(BOB, limit=4)
    assert create_transfers([move(ALICE, BOB, 77)]) == [Result.OK]
    second = history(BOB, before=first[-1].cursor, limit=4)
    assert [e.amount for e in first + second] == payments[:1:-1]


def test_balance_after_is_what_was_available_then(payments: list[int]) -> None:
    after = 0
    for entry in history(BOB, limit=20)[::-1]:
        after += entry.amount if entry.direction == "in" else -entry.amount
        assert entry.balance_after == after


@pytest.mark.parametrize("size", [1, 2, 10])
def test_filters_by_code_and_time(payments: list[int], size: int) -> None:
    def amounts(**filters: object) -> list[int]:
        return [e.amount for page in pages(BOB, size, **filters) for e in page]

    moments = {e.amount: e.occurred_at for e in history(BOB, limit=20)}
    assert amounts(codes=[TransferCode.REFUND]) == [9, 6, 3]
    assert amounts(codes=[]) == []
    assert amounts(since=moments[8]) == [10, 9, 8]
    assert amounts(until=moments[3]) == [2, 1]
    assert amounts(since=moments[3], until=moments[8], codes=[TransferCode.PAYMENT]) == [7, 5, 4]
    assert amounts(since=now() + timedelta(days=1)) == []


def test_a_payer_sees_the_reservation_and_a_payee_the_posting() -> None:
    pending = [move(ALICE, BOB, n, flags=TransferFlag.PENDING) for n in (10, 20, 30)]
    assert create_transfers(pending) == [Result.OK] * 3
    for flag, of in ((TransferFlag.POST, pending[0]), (TransferFlag.VOID, pending[1])):
        resolution = move(0, 0, 0, ledger=0, code=0, flags=flag, pending_id=of.id)
        assert create_transfers([resolution]) == [Result.OK]
    assert [(e.direction, e.amount, e.status, e.balance_after) for e in history(BOB, limit=9)] == [
        ("in", 10, "posted", 10)
    ]
    assert [
        (e.direction, e.amount, e.status, e.balance_after) for e in history(ALICE, limit=9)
    ] == [
        ("in", 20, "posted", FUNDED - 40),
        ("out", 30, "pending", FUNDED - 60),
        ("out", 20, "voided", FUNDED - 30),
        ("out", 10, "posted", FUNDED - 10),
        ("in", FUNDED, "posted", FUNDED),
    ]


def test_history_goes_across_months_in_the_order_of_recording() -> None:
    chance = random.Random(7)
    this = months.month_of(now())
    around = [date(2019, 5, 1), months.later(this, 0), months.later(this, 1), date(2019, 6, 1)]
    amounts = list(range(1, 41))
    for n in amounts:
        transfer = move(ALICE, BOB, n, id=id_in(chance.choice(around)))
        assert create_transfers([transfer]) == [Result.OK]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT tableoid) FROM ledger_transfer")
        assert cursor.fetchone() == (3,)
    assert [e.amount for page in pages(BOB, 7) for e in page] == amounts[::-1]


def test_an_account_without_transfers_and_one_that_is_unknown_have_no_lines() -> None:
    assert history(CHARLIE, limit=5) == history(999, limit=5) == []


def test_a_cursor_is_one_of_the_accounts_own_transfers(payments: list[int]) -> None:
    unknown = id_in(date(2024, 1, 1)).int
    assert history(BOB, before=unknown, limit=5) == []
    funding = history(STOCK, limit=1)[0].cursor
    assert history(STOCK, before=funding, limit=5)[0].occurred_at <= datetime.now(UTC)
