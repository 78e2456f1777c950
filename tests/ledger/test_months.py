"""Months of transfers: made ahead, moved out, and what is left of them."""

import dataclasses
import io
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import override_settings

from cbdc.clock import now
from cbdc.ledger import months
from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.selectors import balance, history
from cbdc.ledger.services import create_transfers, fold_hot_accounts, make_hot, open_accounts
from cbdc.ledger.types import (
    AccountCode,
    Ledger,
    NewAccount,
    Result,
    Side,
    TransferCode,
    TransferFlag,
)
from tests.ledger.conftest import ALICE, BOB, CHARLIE, FUNDED, move
from tests.ledger.support import id_in, rows

pytestmark = pytest.mark.usefixtures("bank", "_own_months")

LIMITED, PENDING = TransferFlag.LIMITED, TransferFlag.PENDING
JANUARY, FEBRUARY, MARCH = date(2021, 1, 1), date(2021, 2, 1), date(2021, 3, 1)
SUB_WALLET = 111


@pytest.fixture
def _own_months() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname ~ '^ledger_transfer_(2021|2090)_..$'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("ledger", *arguments, stdout=out)
    return out.getvalue()


def assert_brought_forward_and_transfers_make_the_balances() -> None:
    assert audit_ledger().findings == ()
    assert (
        rows("""
        WITH sides AS (
            SELECT debit_account AS id, amount AS dr, 0 AS cr FROM ledger_transfer
            WHERE flags & 10 = 0
            UNION ALL SELECT credit_account, 0, amount FROM ledger_transfer WHERE flags & 10 = 0
            UNION ALL SELECT account, debits, credits FROM ledger_brought_forward
        ), sums AS (SELECT id, sum(dr) AS dr, sum(cr) AS cr FROM sides GROUP BY id)
        SELECT b.id FROM ledger_balance b FULL JOIN sums s USING (id)
        WHERE b.id IS NULL OR b.debits_posted <> coalesce(s.dr, 0)
            OR b.credits_posted <> coalesce(s.cr, 0)""")
        == []
    )


def pay(month: date, amount: int, **changes: object) -> UUID:
    transfer = move(ALICE, BOB, amount, id=id_in(month), **changes)
    assert create_transfers([transfer]) == [Result.OK]
    return transfer.id


def resolve(pending: UUID, flag: TransferFlag, id: UUID, amount: int = 0) -> Result:
    transfer = move(0, 0, amount, id=id, ledger=0, code=0, flags=flag, pending_id=pending)
    return create_transfers([transfer])[0]


def test_an_old_month_moves_out_and_no_balance_changes() -> None:
    pay(JANUARY, 100)
    pay(JANUARY, 20, code=TransferCode.REFUND)
    pay(FEBRUARY, 7)
    before = balance(ALICE), balance(BOB)
    assert "closed 2021-01: 2 transfers" in run("detach", "--before", "2021-02")
    assert (balance(ALICE), balance(BOB)) == before
    assert_brought_forward_and_transfers_make_the_balances()
    assert rows("SELECT account, code, debits, credits FROM ledger_brought_forward"
                " ORDER BY account, code") == [
        (ALICE, 3, 100, 0), (ALICE, 10, 20, 0), (BOB, 3, 0, 100), (BOB, 10, 0, 20),
    ]  # fmt: skip
    assert rows("SELECT count(*) FROM ledger_transfer_2021_01") == [(2,)]
    assert rows("SELECT month, transfers FROM ledger_closed_month") == [(JANUARY, 2)]


def test_payments_go_on_and_the_next_month_closes_too() -> None:
    pay(JANUARY, 100)
    pay(FEBRUARY, 7)
    run("detach", "--before", "2021-02")
    pay(FEBRUARY, 5)
    pay(MARCH, 3)
    assert create_transfers([move(BOB, ALICE, 1)]) == [Result.OK]
    run("detach", "--before", "2021-03")
    assert_brought_forward_and_transfers_make_the_balances()
    assert balance(ALICE) == FUNDED - 114
    assert [month for (month,) in rows("SELECT month FROM ledger_closed_month ORDER BY 1")] == [
        JANUARY,
        FEBRUARY,
    ]


def test_to_detach_again_changes_nothing() -> None:
    pay(JANUARY, 100)
    run("detach", "--before", "2021-02")
    forward = rows("SELECT * FROM ledger_brought_forward")
    assert run("detach", "--before", "2021-02") == "nothing to close\n"
    assert rows("SELECT * FROM ledger_brought_forward") == forward


def test_an_id_of_a_closed_month_is_too_old() -> None:
    old = pay(JANUARY, 100)
    run("detach", "--before", "2021-02")
    for id in (old, id_in(JANUARY)):
        assert create_transfers([move(ALICE, BOB, 100, id=id)]) == [Result.ID_TOO_OLD]
    batch = [move(ALICE, BOB, 1, id=id_in(JANUARY)) for _ in range(9)]
    assert create_transfers(batch) == [Result.ID_TOO_OLD] * 9
    assert balance(BOB) == 100


def test_inv_4_closed_months_stay_closed() -> None:
    """Who looked before the month was closed, and records after it, is stopped by the table."""
    pay(JANUARY, 100)
    run("detach", "--before", "2021-02")
    late = rows("SELECT * FROM ledger_transfer_2021_01")[0]
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="inv_4_closed_months"):  # noqa: PT012
        marks = ", ".join(["%s"] * len(late))
        cursor.execute(f"INSERT INTO ledger_transfer VALUES ({marks})", late)  # noqa: S608


def test_a_month_with_an_open_reservation_stays_until_it_is_resolved() -> None:
    pending = pay(JANUARY, 50, flags=PENDING)
    pay(JANUARY, 1)
    with pytest.raises(CommandError, match=f"2021-01 has open reservations .1, such as {pending}"):
        run("detach", "--before", "2021-02")
    assert rows("SELECT count(*) FROM ledger_brought_forward") == [(0,)]
    assert rows("SELECT count(*) FROM ledger_transfer WHERE id < ledger_first_id('2021-02-01')")[
        0
    ] == (2,)
    assert resolve(pending, TransferFlag.VOID, id_in(JANUARY)) is Result.OK
    assert "closed 2021-01: 3" in run("detach", "--before", "2021-02")


def test_the_current_month_is_not_over() -> None:
    with pytest.raises(CommandError, match="is not over"):
        run("detach", "--before", f"{months.later(months.month_of(now()), 1):%Y-%m}")


def test_a_month_that_resolves_what_a_later_month_reserved_waits_for_it() -> None:
    pending = pay(FEBRUARY, 50, flags=PENDING)
    assert resolve(pending, TransferFlag.POST, id_in(JANUARY)) is Result.OK
    with pytest.raises(CommandError, match="resolves a reservation of a month that stays"):
        run("detach", "--before", "2021-02")


@pytest.mark.parametrize("text", ["2021", "2021-13", "soon"])
def test_a_month_is_written_as_year_and_month(text: str) -> None:
    with pytest.raises(CommandError, match="YYYY-MM"):
        run("detach", "--before", text)


def test_what_counts_against_limits_is_carried_by_day_and_at_the_parent() -> None:
    digital = Ledger.DIGITAL_CURRENCY
    open_accounts([NewAccount(SUB_WALLET, digital, AccountCode.WALLET, Side.CREDIT, parent=ALICE)])
    create_transfers([move(ALICE, SUB_WALLET, 1000)])
    assert (
        create_transfers(
            [
                move(SUB_WALLET, BOB, 100, id=id_in(JANUARY), flags=LIMITED),
                move(ALICE, BOB, 20, id=id_in(JANUARY), flags=LIMITED),
                move(ALICE, BOB, 9, id=id_in(JANUARY)),
            ]
        )
        == [Result.OK] * 3
    )
    for amount, flag, posted in (
        (30, TransferFlag.POST, 11),
        (40, TransferFlag.VOID, 0),
        (50, TransferFlag.POST, 0),
    ):
        pending = pay(JANUARY, amount, flags=PENDING | LIMITED)
        assert resolve(pending, flag, id_in(FEBRUARY), posted) is Result.OK
    run("detach", "--before", "2021-02")
    [(today,)] = rows("SELECT ledger_day(now())")
    assert rows("SELECT account, day, month, amount FROM ledger_counted_forward ORDER BY 1") == [
        (ALICE, today, JANUARY, 100 + 20 + 11 + 50),
        (SUB_WALLET, today, JANUARY, 100),
    ]
    assert_brought_forward_and_transfers_make_the_balances()
    assert rows(f"SELECT counted_day FROM ledger_account WHERE id IN ({ALICE}, {SUB_WALLET})"  # noqa: S608
                " ORDER BY id") == [(181,), (100,)]  # fmt: skip


def test_histories_reach_back_to_the_month_that_was_closed() -> None:
    pay(JANUARY, 100)
    kept = [pay(FEBRUARY, 7), pay(FEBRUARY, 5)]
    cursor = history(ALICE, limit=10)[-2].cursor
    run("detach", "--before", "2021-02")
    lines = history(ALICE, limit=10)
    assert [(line.transfer_id, line.balance_after) for line in lines] == [
        (kept[1], FUNDED - 112),
        (kept[0], FUNDED - 107),
    ]
    assert history(ALICE, before=lines[-1].cursor, limit=10) == []
    assert history(ALICE, before=cursor, limit=10) == []


def test_a_hot_account_is_exact_after_its_month_was_closed() -> None:
    make_hot(account=BOB)
    pay(JANUARY, 100)
    fold_hot_accounts()
    pay(JANUARY, 10)
    kept = [pay(FEBRUARY, 7), pay(FEBRUARY, 5)]
    cursor = history(BOB, limit=10)[-1].cursor
    run("detach", "--before", "2021-02")
    assert balance(BOB) == 122
    assert [(line.transfer_id, line.balance_after) for line in history(BOB, limit=10)] == [
        (kept[1], 122),
        (kept[0], 117),
    ]
    assert history(BOB, before=cursor, limit=10) == []
    assert create_transfers([move(BOB, CHARLIE, 123)]) == [Result.INSUFFICIENT_FUNDS]
    assert create_transfers([move(BOB, CHARLIE, 122)]) == [Result.OK]
    assert_brought_forward_and_transfers_make_the_balances()


def test_a_hot_history_is_right_down_to_a_late_transfer_of_a_closed_month() -> None:
    make_hot(account=BOB)
    pay(JANUARY, 100)
    pay(FEBRUARY, 7)
    pay(JANUARY, 30)  # an id of January, recorded after one of February
    last = pay(FEBRUARY, 5)
    run("detach", "--before", "2021-02")
    for _ in range(2):
        lines = [(line.transfer_id, line.balance_after) for line in history(BOB, limit=10)]
        assert lines == [(last, 142)]
        assert_brought_forward_and_transfers_make_the_balances()
        fold_hot_accounts()
    run("detach", "--before", "2021-03")
    assert history(BOB, limit=10) == []
    assert_brought_forward_and_transfers_make_the_balances()
    assert rows("SELECT count(*) FROM ledger_hot_entry") == [(0,)]
    assert balance(BOB) == 142


def test_a_month_closes_while_payments_run() -> None:
    make_hot(account=BOB)
    for _ in range(20):
        pay(JANUARY, 1)
    stop = threading.Event()
    results: list[Result] = []

    def payments() -> None:
        try:
            while not stop.is_set():
                results.extend(
                    create_transfers(
                        [
                            move(ALICE, BOB, 1, id=id_in(JANUARY)),
                            move(ALICE, BOB, 1, id=id_in(FEBRUARY)),
                        ]
                    )
                )
        finally:
            connection.close()

    thread = threading.Thread(target=payments)
    thread.start()
    try:
        run("detach", "--before", "2021-02")
    finally:
        stop.set()
        thread.join()
    assert set(results) <= {Result.OK, Result.ID_TOO_OLD}
    assert balance(BOB) == 20 + results.count(Result.OK)
    assert_brought_forward_and_transfers_make_the_balances()


def test_closing_that_was_cut_off_goes_on_when_it_is_repeated() -> None:
    old = pay(JANUARY, 100)
    months.extend(now=datetime(2021, 1, 1, tzinfo=UTC), months=1)
    months._take_no_more(JANUARY)  # and then the operator's machine went down
    assert create_transfers([move(ALICE, BOB, 1, id=id_in(JANUARY))]) == [Result.ID_TOO_OLD]
    assert audit_ledger().findings == ()
    assert [line.transfer_id for line in history(BOB, limit=1)] == [old]
    run("detach", "--before", "2021-02")
    assert rows("SELECT month, transfers FROM ledger_closed_month") == [(JANUARY, 1)]
    assert_brought_forward_and_transfers_make_the_balances()


def test_month_that_turns_out_to_have_to_stay_takes_transfers_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pay(JANUARY, 100)
    looked: list[int] = []

    def refuse(*_: object) -> None:
        looked.append(1)
        if len(looked) == 2:  # it had nothing to say before the month was closed to transfers
            raise months.MonthNotClosable("found late")

    monkeypatch.setattr(months, "_refuse_if_needed", refuse)
    with pytest.raises(months.MonthNotClosable):
        months.detach(before=FEBRUARY, now=now())
    assert rows("SELECT count(*) FROM ledger_closed_month") == [(0,)]
    assert create_transfers([move(ALICE, BOB, 1, id=id_in(JANUARY))]) == [Result.OK]


def test_partitions_are_made_ahead_and_take_what_waited_for_them() -> None:
    later = date(2090, 1, 1)
    waited = pay(later, 100)
    made = months.extend(now=datetime(2089, 12, 31, tzinfo=UTC), months=1)
    assert later in made
    assert rows("SELECT id FROM ledger_transfer_2090_01") == [(waited,)]
    assert rows("SELECT count(*) FROM ledger_transfer_default") == [(0,)]
    assert create_transfers([move(ALICE, BOB, 100, id=waited)]) == [
        Result.EXISTS_WITH_DIFFERENT_REFERENCE
    ]
    assert months.extend(now=datetime(2089, 12, 31, tzinfo=UTC), months=1) == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE ledger_transfer_2089_12")


@override_settings(LEDGER_MONTHS_AHEAD=3)
def test_every_migration_leaves_partitions_for_the_months_to_come() -> None:
    ahead = [f"ledger_transfer_{months.later(months.month_of(now()), n):%Y_%m}" for n in (2, 3)]
    call_command("migrate", "ledger", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        for name in ahead:
            assert rows(f"SELECT count(*) FROM {name}") == [(0,)]  # noqa: S608
            cursor.execute(f"DROP TABLE {name}")


def test_extend_and_fold_and_show_say_what_they_did() -> None:
    make_hot(account=BOB)
    pay(months.month_of(now()), 100)
    assert f"hot account {BOB}: 1 transfers behind" in run("show")
    assert run("fold") == "1 transfers folded\n"
    shown = run("show")
    assert f"hot account {BOB}: 0 transfers behind" in shown
    name = f"ledger_transfer_{months.month_of(now()):%Y_%m}"
    [line] = [line for line in shown.splitlines() if line.startswith(name)]
    assert line.split()[1:3] == ["3", "rows"]
    assert run("extend", "--months", "1") == "0 partitions made\n"
    with pytest.raises(CommandError):
        run("extend", "--months", "-1")


def test_months_come_after_months() -> None:
    assert months.later(date(2026, 11, 1), 14) == date(2028, 1, 1)
    assert months.month_of(datetime(2026, 2, 1, tzinfo=UTC) - timedelta(microseconds=1)) == date(
        2026, 1, 1
    )
    assert dataclasses.astuple(months.ClosedMonth(JANUARY, 2)) == (JANUARY, 2)
