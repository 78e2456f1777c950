"""What the database itself refuses, and what a wait for it becomes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from psycopg import errors

from cbdc.clock import now
from cbdc.ledger import months, services
from cbdc.ledger.selectors import balance, history
from cbdc.ledger.services import (
    create_transfers,
    expire_pending,
    fold_hot_accounts,
    make_hot,
    open_accounts,
    publish_limit_table,
    set_account_limits,
    set_account_status,
)
from cbdc.ledger.types import (
    AccountCode,
    AccountStatus,
    Ledger,
    Limits,
    NewAccount,
    Result,
    Side,
    TransferFlag,
)
from tests.ledger.conftest import ALICE, BOB, CHARLIE, move
from tests.ledger.support import rows

pytestmark = pytest.mark.usefixtures("bank")

ROLE = months.APPLICATION_ROLE
SQL = Path(services.__file__).parent / "sql"
ROW_RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


@pytest.fixture
def application_role(bank: None) -> None:
    """As `cbdc.devnet.postgres` makes it; on a server of another kind it is made here."""
    if not rows("SELECT 1 FROM pg_roles WHERE rolname = %s", ROLE):
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {ROLE}")
            cursor.execute(f"GRANT {ROW_RIGHTS} ON ALL TABLES IN SCHEMA public TO {ROLE}")
            cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
            cursor.execute((SQL / "rights.sql").read_text())
    months.extend(now=now())


@contextmanager
def as_application() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {ROLE}")
        try:
            yield
        finally:
            cursor.execute("RESET ROLE")


def partitions() -> list[str]:
    return [p.name for p in months.partition_figures()]


def refused(statement: str) -> bool:
    with as_application(), connection.cursor() as cursor:
        try:
            cursor.execute(statement)
        except ProgrammingError as error:
            return isinstance(error.__cause__, errors.InsufficientPrivilege)
    return False


CHANGES = (
    "UPDATE {} SET amount = amount + 1",
    "DELETE FROM {}",
    "TRUNCATE {}",
)


@pytest.mark.usefixtures("application_role")
@pytest.mark.parametrize("change", CHANGES)
def test_inv_4_the_application_cannot_change_or_remove_a_transfer(change: str) -> None:
    name = "ledger_transfer_2091_03"
    months.extend(now=now().replace(year=2091, month=3, day=1), months=0)
    try:
        tables = ["ledger_transfer", "ledger_transfer_default", *partitions()]
        assert name in tables
        for table in tables:
            assert refused(change.format(table)), table
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {name}")


@pytest.mark.usefixtures("application_role")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_limit SET daily_max = NULL",
        "DELETE FROM ledger_limit",
        "UPDATE ledger_hot_entry SET moved = 0",
        "DELETE FROM ledger_hot_entry",
        "DELETE FROM ledger_anchor",
        "DELETE FROM ledger_closed_month",
        "INSERT INTO ledger_closed_month VALUES ('2021-01-01', ledger_first_id(now()), 0)",
        "INSERT INTO ledger_brought_forward VALUES (1, 1, '2021-01-01', 1, 1)",
        "INSERT INTO ledger_counted_forward VALUES (1, '2021-01-01', '2021-01-01', 1)",
        "ALTER TABLE ledger_transfer DETACH PARTITION ledger_transfer_default",
        "ALTER TABLE ledger_account DROP CONSTRAINT inv_3_balance_never_negative",
        "SELECT ledger_create_partitions('2092-01-01', 1)",
        "DROP TABLE ledger_transfer_default",
    ],
)
def test_the_application_cannot_rewrite_what_audits_stand_on(statement: str) -> None:
    assert refused(statement)


@pytest.mark.usefixtures("application_role")
def test_the_engine_works_with_the_applications_rights() -> None:
    digital = Ledger.DIGITAL_CURRENCY
    hot = 211
    with as_application():
        open_accounts([NewAccount(hot, digital, AccountCode.WALLET, Side.CREDIT, hot=True)])
        make_hot(account=CHARLIE)
        assert create_transfers([move(ALICE, BOB, 5)]) == [Result.OK]
        batch = [move(ALICE, payee, 1) for payee in (BOB, hot, CHARLIE) for _ in range(4)]
        assert create_transfers(batch) == [Result.OK] * 12
        pending = move(ALICE, BOB, 9, flags=TransferFlag.PENDING, expires_at=now())
        assert create_transfers([pending]) == [Result.OK]
        assert expire_pending(now=now()) == 1
        assert fold_hot_accounts() == 8
        assert create_transfers([move(hot, BOB, 5)]) == [Result.INSUFFICIENT_FUNDS]
        assert create_transfers([move(hot, BOB, 4)]) == [Result.OK]
        set_account_status(account=BOB, status=AccountStatus.FROZEN)
        set_account_limits(account=BOB, limits=Limits(daily=1))
        with transaction.atomic():
            publish_limit_table(effective_from=now().replace(year=2099), limits={4: Limits()})
            transaction.set_rollback(True)
        assert [entry.amount for entry in history(hot, limit=9)] == [4, 1, 1, 1, 1]
        assert balance(BOB) == 13


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (
            "UPDATE ledger_account SET debits_posted = credits_posted + 1 WHERE id = 101",
            "inv_3_balance_never_negative",
        ),
        (
            "UPDATE ledger_account SET debits_pending = credits_posted + 1 WHERE id = 101",
            "inv_3_balance_never_negative",
        ),
        (
            "UPDATE ledger_account SET counted_day = -1 WHERE id = 101",
            "inv_3_sums_never_negative",
        ),
        (
            "UPDATE ledger_account SET credits_pending = -1 WHERE id = 101",
            "inv_3_sums_never_negative",
        ),
        ("UPDATE ledger_transfer SET amount = 0", "inv_3_transfer_amount_positive"),
        ("UPDATE ledger_transfer SET credit_account = debit_account", "inv_3_transfer_two_sides"),
        ("INSERT INTO ledger_transfer SELECT * FROM ledger_transfer", "_pkey"),
        ("UPDATE ledger_limit SET daily_max = -1", "ledger_limit_values_known"),
        ("UPDATE ledger_limit SET category = 5 WHERE category = 1", "ledger_limit_values_known"),
        (
            "INSERT INTO ledger_pending SELECT id, 1, 2, 3, 1, 1, 4, now() FROM ledger_transfer",
            "inv_4_pending_state_known",
        ),
    ],
)
def test_a_named_constraint_refuses_a_direct_edit(statement: str, constraint: str) -> None:
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match=constraint):
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "1min"),
    ],
)
def test_nothing_waits_for_ever(name: str, value: str) -> None:
    assert rows(f"SHOW {name}") == [(value,)]
    assert f"{name}=" in settings.DATABASES["default"]["OPTIONS"]["options"]


@contextmanager
def meanwhile(action: Callable[[], None]) -> Iterator[None]:
    """Run an action in another thread, with a connection of its own, and wait for its end."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    for failure in failures:
        raise failure


def holding(account: int, held: threading.Event, until: threading.Event) -> Callable[[], None]:
    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM ledger_account WHERE id = %s FOR UPDATE", [account])
            held.set()
            until.wait(20)

    return hold


def set_timeout(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [name, value])


@pytest.fixture
def _own_timeouts() -> Iterator[None]:
    yield
    connection.close()  # the next test connects with the settings of all


@pytest.mark.usefixtures("_own_timeouts")
@pytest.mark.parametrize("size", [1, 2, 9])
@pytest.mark.parametrize("name", ["lock_timeout", "statement_timeout"])
def test_an_account_that_is_locked_too_long_is_an_operational_error(name: str, size: int) -> None:
    held, done = threading.Event(), threading.Event()
    batch = [move(ALICE, BOB, 1) for _ in range(size)]
    with meanwhile(holding(ALICE, held, done)):
        assert held.wait(5)
        set_timeout(name, "50ms")
        try:
            with pytest.raises(OperationalError):
                create_transfers(batch)
            set_timeout(name, "10s")
        finally:
            done.set()
    assert create_transfers(batch) == [Result.OK] * size  # the same ids: nothing had happened
    assert balance(BOB) == size


@pytest.mark.usefixtures("_own_timeouts")
@pytest.mark.parametrize("size", [1, 2, 9])
def test_a_short_lock_is_waited_for_by_trying_again(size: int) -> None:
    held, done = threading.Event(), threading.Event()
    with meanwhile(holding(ALICE, held, done)):
        assert held.wait(5)
        set_timeout("lock_timeout", "150ms")
        threading.Timer(0.25, done.set).start()
        batch = [move(ALICE, BOB, 1) for _ in range(size)]
        assert create_transfers(batch) == [Result.OK] * size


@pytest.mark.parametrize("size", [1, 9])
def test_a_deadlock_of_two_transactions_ends_one_and_refuses_nobody(size: int) -> None:
    """Two callers lock the same accounts in opposite orders, each in a transaction of its own."""
    barrier = threading.Barrier(2)
    outcomes: list[object] = []

    def pay(first: int, second: int) -> None:
        try:
            with transaction.atomic():
                assert create_transfers([move(first, CHARLIE, 1)]) == [Result.OK]
                barrier.wait(10)
                batch = [move(second, CHARLIE, 1) for _ in range(size)]
                outcomes.append(create_transfers(batch))
        except OperationalError as error:
            outcomes.append(type(error.__cause__))

    make_hot(account=CHARLIE)  # so that the two payers meet at their own accounts alone
    assert create_transfers([move(ALICE, BOB, 100)]) == [Result.OK]
    with meanwhile(lambda: pay(ALICE, BOB)):
        pay(BOB, ALICE)
    assert [Result.OK] * size in outcomes
    lost = [outcome for outcome in outcomes if outcome != [Result.OK] * size]
    assert lost == [errors.DeadlockDetected]
    assert balance(CHARLIE) == 1 + size


def idle() -> None:
    with transaction.atomic():
        assert create_transfers([move(ALICE, BOB, 1)]) == [Result.OK]
        threading.Event().wait(0.3)
        create_transfers([move(ALICE, BOB, 1)])


def test_a_caller_that_idles_in_a_transaction_loses_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '50ms'")
    with pytest.raises(DatabaseError):
        idle()
    connection.close()
    assert balance(BOB) == 0
