"""Months of transfers as PostgreSQL partitions: made ahead, and closed when they are old.

Run by the owner of the tables: the application's role has no right to. A month is the one (UTC)
that stands in the transfers' ids. A closed month leaves what audits begin with: what its
transfers moved, per account and code, and what of them counts against limits, per day.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from psycopg import errors

from cbdc.ledger.services import fold_hot_accounts

APPLICATION_ROLE = "cbdc_app"
MONTHS_AHEAD = 12
LOCK_WAIT = "2s"  # payments queue behind whoever waits to attach or to detach
ATTEMPTS_MAX = 5
BEING_CLOSED = -1  # transfers of a month that takes no more and is not moved out yet
_PREFIX = "ledger_transfer_"
_FORMAT = f"{_PREFIX}%Y_%m"

_T = TypeVar("_T")


class MonthNotClosable(Exception):  # noqa: N818 - a refusal
    """Why a month has to stay; nothing of it was changed."""


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """A month whose transfers were moved out, and how many they were."""

    month: date
    transfers: int


@dataclass(frozen=True, slots=True)
class PartitionFigures:
    """A partition of the transfers: its rows, and its bytes with its index."""

    name: str
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class HotFigures:
    """A hot account, and how many of its transfers its row does not have yet."""

    account: int
    behind: int


def month_of(moment: datetime) -> date:
    """The month (UTC) of a moment, as its first day."""
    return moment.astimezone(UTC).date().replace(day=1)


def later(month: date, months: int) -> date:
    """The month that comes so many after another."""
    years, number = divmod(month.month - 1 + months, 12)
    return date(month.year + years, number + 1, 1)


def parse_month(text: str) -> date:
    """The first day of a month that is written `2026-01`.

    Raises:
        ValueError: another form.
    """
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()


def has_transfers(using: str) -> bool:
    """False before the ledger's tables are made."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('ledger_transfer') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def extend(
    *, now: datetime, months: int = MONTHS_AHEAD, using: str = DEFAULT_DB_ALIAS
) -> list[date]:
    """Make the partitions of this month and of the `months` next ones, where they are missing.

    Transfers that were recorded before their month had a partition move into it. Every partition
    loses the rights that the application must not have, those too that stood already.
    """
    with connections[using].cursor() as cursor:
        there = _months(cursor)
    wanted = [later(month_of(now), i) for i in range(months + 1)]
    made = [month for month in wanted if month not in there]
    for month in made:
        _again_if_locked(partial(_create, month, using))
    with connections[using].cursor() as cursor:
        _protect(cursor)
    return made


def detach(*, before: date, now: datetime) -> list[ClosedMonth]:
    """Move the transfers of all months before `before` out, the oldest month first.

    Their tables stay in the database, as `ledger_transfer_YYYY_MM`, to be dumped and dropped.
    Each month is a transaction of its own and payments go on meanwhile. A call that was cut off
    goes on where it ended when it is repeated; closed months stay closed.

    Raises:
        MonthNotClosable: one of them is not over, or has to stay.
    """
    if before > month_of(now):
        raise MonthNotClosable(f"{month_of(now):%Y-%m} is not over: it cannot be closed")
    with connection.cursor() as cursor:
        for month in _months_in_default(cursor, before):
            _again_if_locked(partial(_create, month, DEFAULT_DB_ALIAS))
        months = sorted(month for month in _months(cursor) if month < before)
    return [_close(month, before) for month in months]


def partition_figures() -> list[PartitionFigures]:
    """The partitions, by name, with their exact counts."""
    with _patiently(DEFAULT_DB_ALIAS) as cursor:
        names = _partitions(cursor)
        return [PartitionFigures(name, *_figures(cursor, name)) for name in names]


def hot_figures() -> list[HotFigures]:
    """The hot accounts and how far each is behind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account, (SELECT count(*) FROM ledger_hot_entry e"
            " WHERE e.account = h.account AND e.sequence > h.folded_upto)"
            " FROM ledger_hot h ORDER BY account"
        )
        return [HotFigures(*row) for row in cursor.fetchall()]


def _create(month: date, using: str) -> None:
    """Make a month's partition. Attaching locks only the default partition, not the parent."""
    name = month.strftime(_FORMAT)
    with _patiently(using) as cursor:
        cursor.execute("LOCK TABLE ledger_transfer_default IN ACCESS EXCLUSIVE MODE")
        cursor.execute(f"CREATE TABLE {name} (LIKE ledger_transfer INCLUDING ALL)")
        first, end = _bounds(cursor, month)
        cursor.execute(
            "WITH moved AS (DELETE FROM ledger_transfer_default WHERE id >= %s AND id < %s"  # noqa: S608
            f" RETURNING *) INSERT INTO {name} SELECT * FROM moved",
            [first, end],
        )
        cursor.execute(
            f"ALTER TABLE ledger_transfer ATTACH PARTITION {name}"
            f" FOR VALUES FROM ('{first}') TO ('{end}')"
        )
        _protect(cursor)


# What the transfers of a month moved: posted money alone.
_BRING_FORWARD = """
INSERT INTO ledger_brought_forward (account, code, month, debits, credits)
SELECT account, code, %(month)s, sum(debit), sum(credit) FROM (
    SELECT debit_account AS account, code, amount AS debit, 0 AS credit
    FROM {name} WHERE flags & 10 = 0
    UNION ALL SELECT credit_account, code, 0, amount FROM {name} WHERE flags & 10 = 0) sides
GROUP BY account, code
"""
# What of them counts against limits: a payment whole, a reservation as far as it was posted (by
# a transfer of any month that is still attached), at the payer and at what it counts to.
_COUNT_FORWARD = """
INSERT INTO ledger_counted_forward (account, day, month, amount)
SELECT account, day, %(month)s, sum(amount) FROM (
    SELECT t.debit_account, a.parent, CASE WHEN t.flags & 2 = 0 THEN ledger_day(t.recorded_at)
            ELSE p.counted_on END AS day,
        CASE WHEN t.flags & 2 = 0 THEN t.amount WHEN p.state = 2 THEN r.amount END AS amount
    FROM {name} t JOIN ledger_account a ON a.id = t.debit_account
    LEFT JOIN ledger_pending p ON p.id = t.id
    LEFT JOIN (SELECT pending_id, amount FROM ledger_transfer WHERE flags & 4 <> 0) r
        ON r.pending_id = t.id
    WHERE t.flags & 16 <> 0) paid, unnest(ARRAY[debit_account, parent]) account
WHERE account IS NOT NULL AND amount IS NOT NULL
GROUP BY account, day
"""
# Entries of hot accounts go with their transfers; but one that was recorded after a transfer
# that stays is kept, without its transfer: the balances of the history pass over it.
_FORGET_ENTRIES = """
WITH lowest AS (
    SELECT account, min(sequence) FILTER (WHERE transfer >= %(end)s) AS open
    FROM ledger_hot_entry GROUP BY account
), gone AS (
    DELETE FROM ledger_hot_entry e USING lowest l
    WHERE e.account = l.account AND e.transfer < %(end)s
        AND (l.open IS NULL OR e.sequence < l.open)
    RETURNING e.account, e.sequence
), horizon AS (SELECT account, max(sequence) AS sequence FROM gone GROUP BY account)
DELETE FROM ledger_anchor a USING horizon h
WHERE a.account = h.account AND a.sequence <= h.sequence
"""


def _close(month: date, before: date) -> ClosedMonth:
    """First no transfer of the month is taken any more, then what there is is moved out.

    So nobody waits for the month's table while holding what the moving out waits for. A month
    that turns out to have to stay takes transfers again.
    """
    name = month.strftime(_FORMAT)
    with _patiently(DEFAULT_DB_ALIAS) as cursor:
        _refuse_if_needed(cursor, name, month, before)  # before anything is refused because of it
    _again_if_locked(partial(_take_no_more, month))
    _again_if_locked(_wait_for_callers)
    try:
        return _again_if_locked(partial(_move_out, month, before))
    except MonthNotClosable:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM ledger_closed_month WHERE month = %s AND transfers = %s",
                [month, BEING_CLOSED],
            )
        raise


def _take_no_more(month: date) -> None:
    """Have the engine refuse the month's ids from the commit on."""
    with _patiently(DEFAULT_DB_ALIAS) as cursor:
        cursor.execute("LOCK TABLE ledger_closed_month IN ACCESS EXCLUSIVE MODE")
        cursor.execute(
            "INSERT INTO ledger_closed_month (month, first_open_id, transfers) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [month, _bounds(cursor, month)[1], BEING_CLOSED],
        )


def _wait_for_callers() -> None:
    """Until every call has ended that may have asked for closed months before the last commit.

    Each call reads that table, and so holds it until it commits. A call that had waited for it
    in `_take_no_more` still sees it as it was before; it holds it now.
    """
    with _patiently(DEFAULT_DB_ALIAS) as cursor:
        cursor.execute("LOCK TABLE ledger_closed_month IN ACCESS EXCLUSIVE MODE")


def _move_out(month: date, before: date) -> ClosedMonth:
    name = month.strftime(_FORMAT)
    fold_hot_accounts()
    with _patiently(DEFAULT_DB_ALIAS) as cursor:
        cursor.execute(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE")
        end = _bounds(cursor, month)[1]
        values = {"month": month, "end": end}
        _refuse_if_needed(cursor, name, month, before)
        # Alone with a hot account nobody pays it: so this is done before, and finds nothing.
        cursor.execute(
            "SELECT ledger_fold(account) FROM (SELECT DISTINCT h.account FROM ledger_hot h"
            " JOIN ledger_hot_entry e ON e.account = h.account AND e.sequence > h.folded_upto"
            " WHERE e.transfer < %(end)s ORDER BY 1) behind",
            values,
        )
        cursor.execute(_BRING_FORWARD.format(name=name), values)
        cursor.execute(_COUNT_FORWARD.format(name=name), values)
        cursor.execute(_FORGET_ENTRIES, values)
        transfers = _figures(cursor, name)[0]
        cursor.execute(
            "UPDATE ledger_closed_month SET transfers = %s, detached_at = now() WHERE month = %s",
            [transfers, month],
        )
        cursor.execute(f"ALTER TABLE ledger_transfer DETACH PARTITION {name}")
        # INV-4: a call that asked for closed months before this commit must not record there.
        cursor.execute(
            "ALTER TABLE ledger_transfer_default"
            " DROP CONSTRAINT IF EXISTS inv_4_closed_months_stay_closed,"
            f" ADD CONSTRAINT inv_4_closed_months_stay_closed CHECK (id >= '{end}')"
        )
        if _role_exists(cursor):
            cursor.execute(f"REVOKE ALL ON {name} FROM {APPLICATION_ROLE}")
            cursor.execute(f"GRANT SELECT ON {name} TO {APPLICATION_ROLE}")
    return ClosedMonth(month, transfers)


def _refuse_if_needed(cursor: Any, name: str, month: date, before: date) -> None:
    cursor.execute(
        "SELECT count(*), min(id::text) FROM ledger_pending"
        " WHERE state = 1 AND id >= %s AND id < %s",
        _bounds(cursor, month),
    )
    count, example = cursor.fetchone()
    if count:
        raise MonthNotClosable(
            f"{month:%Y-%m} has open reservations ({count}, such as {example}):"
            " post or void them first"
        )
    cursor.execute(
        f"SELECT id FROM {name} WHERE pending_id >= ledger_first_id(%s) LIMIT 1",  # noqa: S608
        [datetime(before.year, before.month, 1, tzinfo=UTC)],
    )
    if row := cursor.fetchone():
        raise MonthNotClosable(
            f"{month:%Y-%m}: transfer {row[0]} resolves a reservation of a month that stays:"
            " close that month too"
        )


def _months_in_default(cursor: Any, before: date) -> list[date]:
    """The months before `before` whose transfers have no partition of their own."""
    cursor.execute(
        "SELECT DISTINCT date_trunc('month', to_timestamp("
        " ('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000)"
        " AT TIME ZONE 'UTC')::date FROM ledger_transfer_default"
        " WHERE id < ledger_first_id(%s)",
        [datetime(before.year, before.month, 1, tzinfo=UTC)],
    )
    return sorted(row[0] for row in cursor.fetchall())


def _bounds(cursor: Any, month: date) -> tuple[str, str]:
    """The first ids of a month and of the next one."""
    end = later(month, 1)
    cursor.execute(
        "SELECT ledger_first_id(%s)::text, ledger_first_id(%s)::text",
        [datetime(m.year, m.month, 1, tzinfo=UTC) for m in (month, end)],
    )
    row: tuple[str, str] = cursor.fetchone()
    return row


def _partitions(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
        " WHERE inhparent = 'ledger_transfer'::regclass ORDER BY relname"
    )
    return [row[0] for row in cursor.fetchall()]


def _months(cursor: Any) -> set[date]:
    names = [name for name in _partitions(cursor) if name != "ledger_transfer_default"]
    return {datetime.strptime(name, _FORMAT).replace(tzinfo=UTC).date() for name in names}


def _figures(cursor: Any, name: str) -> tuple[int, int]:
    cursor.execute(
        f"SELECT count(*), pg_total_relation_size(%s::regclass) FROM {name}",  # noqa: S608
        [name],
    )
    row: tuple[int, int] = cursor.fetchone()
    return row


def _role_exists(cursor: Any) -> bool:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE])
    return bool(cursor.rowcount)


def _protect(cursor: Any) -> None:
    """INV-4: the application may neither change nor remove a transfer, in whatever partition."""
    cursor.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits, pg_roles"
        " WHERE inhparent = 'ledger_transfer'::regclass AND rolname = %s"
        " AND has_table_privilege(rolname, inhrelid, 'UPDATE, DELETE, TRUNCATE')",
        [APPLICATION_ROLE],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {name} FROM {APPLICATION_ROLE}")


@contextmanager
def _patiently(using: str) -> Iterator[Any]:
    """A transaction that may take long, but in which nobody waits long for a lock."""
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', '0', true),"
            " set_config('lock_timeout', %s, true)",
            [LOCK_WAIT],
        )
        yield cursor


def _again_if_locked(action: Callable[[], _T]) -> _T:
    """Payments come first: give way, and try again."""
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            return action()
        except OperationalError as error:
            busy = isinstance(error.__cause__, errors.DeadlockDetected | errors.LockNotAvailable)
            if not busy or attempt == ATTEMPTS_MAX:
                raise
    raise AssertionError("unreachable")
