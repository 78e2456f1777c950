"""The verbs of the ledger: opening accounts, and the one door through which money moves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg import errors

from cbdc.identifiers import derived_id
from cbdc.ledger import wire
from cbdc.ledger.types import (
    BATCH_MAX,
    CATEGORIES,
    UNCHANGED,
    AccountStatus,
    Limits,
    NewAccount,
    Result,
    Transfer,
    TransferFlag,
    Unchanged,
)

ATTEMPTS_MAX = 3
_WORTH_ANOTHER_TRY = (errors.DeadlockDetected, errors.LockNotAvailable, errors.QueryCanceled)
FOLD_WAIT = "200ms"  # while a fold waits, payers of the account queue behind it
_OWN_LIMITS = ("balance_max", "payment_max", "daily_max", "annual_max")

_OPEN = """
INSERT INTO ledger_account (id, ledger, code, side, overdraft, category, parent, payee,
    balance_max, payment_max, daily_max, annual_max)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
"""
_COPY = """
COPY ledger_account (id, ledger, code, side, overdraft, category, parent, payee,
    balance_max, payment_max, daily_max, annual_max) FROM STDIN
"""
_CREATE = """
SELECT ledger_create_transfers(
    ROW(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)::ledger_batch, %s::integer)
"""
_CREATE_ONE = """
SELECT ledger_create_one(%s, %s::bigint, %s::bigint, %s::bigint, %s, %s, %s::smallint,
    %s::smallint, %s::smallint)
"""
# What appending to a hot account relies on changes only while nobody appends.
_HOLD_IF_HOT = "SELECT ledger_hot_lock(account, true) FROM ledger_hot WHERE account = %s"
# Below this a batch is decided transfer by transfer, from it on by set where no rule can break.
SET_FROM = 4
_SIMPLE_FLAGS = (0, int(TransferFlag.LIMITED))


def open_accounts(batch: Sequence[NewAccount]) -> None:
    """Open accounts; one that exists already stays as it is."""
    with connection.cursor() as cursor:
        cursor.executemany(_OPEN, [_account_row(account) for account in batch])
        for account in batch:
            if account.hot:
                cursor.execute("SELECT ledger_make_hot(%s)", [account.id])


def open_new_accounts(batch: Iterable[NewAccount]) -> None:
    """Open accounts that are not there yet, as many as you like, through COPY.

    Raises:
        IntegrityError: one of them is there; none is opened.
        ValueError: one is to be hot.
    """
    wrap = connection.wrap_database_errors
    with connection.cursor() as cursor, wrap, cursor.copy(_COPY) as copy:
        for account in batch:
            if account.hot:
                raise ValueError("a hot account is opened by open_accounts")
            copy.write_row(_account_row(account))


def _account_row(account: NewAccount) -> tuple[int | bool | None, ...]:
    a = account
    return (
        *(a.id, int(a.ledger), int(a.code), int(a.side), a.overdraft),
        *(a.category, a.parent, a.payee),
        *astuple(a.limits or Limits()),
    )


def create_transfers(batch: Sequence[Transfer]) -> list[Result]:
    """Decide 1 to BATCH_MAX transfers in order; one result each.

    One SQL call, in the caller's transaction or in its own. A refused transfer changes
    nothing and does not abort the transaction.

    Raises:
        ValueError: an empty batch or one that is too long.
        OverflowError: a number that no column of a transfer holds.
        OperationalError: locks could not be had in time, or the database is away. Nothing is
            known to have happened: ask again with the same ids.
    """
    if not 1 <= len(batch) <= BATCH_MAX:
        raise ValueError(f"a batch has 1 to {BATCH_MAX} transfers")
    if len(batch) == 1 and _is_simple(batch[0]):
        reason = _call(_CREATE_ONE, _simple(batch[0]))
        return [Result.OK if reason is None else Result(reason)]
    reasons = _call(_CREATE, [*_columns(batch), SET_FROM])
    if reasons is None:
        return [Result.OK] * len(batch)
    return [Result.OK if reason is None else Result(reason) for reason in reasons]


def _call(statement: str, parameters: list[Any]) -> Any:
    """Call the engine; in a transaction of its own, again after a deadlock or a time-out.

    The engine itself tries again too; what is left are locks that the caller's transaction
    holds, and there only the caller can start anew.
    """
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            return wire.call(statement, parameters)
        except OperationalError as error:
            if (
                attempt == ATTEMPTS_MAX
                or connection.in_atomic_block
                or not isinstance(error.__cause__, _WORTH_ANOTHER_TRY)
            ):
                raise
    return None


def _is_simple(transfer: Transfer) -> bool:
    return (
        transfer.flags in _SIMPLE_FLAGS
        and transfer.pending_id is None
        and transfer.expires_at is None
        and transfer.strict_category is None
    )


def _simple(t: Transfer) -> list[Any]:
    return [
        *(t.id, t.debit_account, t.credit_account, t.amount, t.reference, t.occurred_at),
        *(int(t.ledger), int(t.code), int(t.flags)),
    ]


def _columns(batch: Sequence[Transfer]) -> list[Any]:
    """The batch as arrays; a column in which nothing stands is NULL."""
    pending_ids = [t.pending_id for t in batch]
    expires_at = [t.expires_at for t in batch]
    strict_categories = [t.strict_category for t in batch]
    return [
        wire.uuids([t.id for t in batch]),
        wire.bigints([t.debit_account for t in batch]),
        wire.bigints([t.credit_account for t in batch]),
        wire.bigints([t.amount for t in batch]),
        wire.uuids([t.reference for t in batch]),
        wire.timestamps([t.occurred_at for t in batch]),
        wire.smallints([t.ledger for t in batch]),
        wire.smallints([t.code for t in batch]),
        wire.smallints([t.flags for t in batch]),
        wire.uuids(pending_ids) if _stands(pending_ids) else None,
        wire.timestamps(expires_at) if _stands(expires_at) else None,
        wire.smallints(strict_categories) if _stands(strict_categories) else None,
    ]


def _stands(column: Sequence[Any]) -> bool:
    return any(value is not None for value in column)


def set_account_status(*, account: int, status: AccountStatus) -> None:
    """Freeze, reactivate or close an account. Closed is final.

    Raises:
        ValueError: no such account, or it is closed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_HOLD_IF_HOT, [account])
        cursor.execute(
            "UPDATE ledger_account SET status = %s WHERE id = %s AND (status <> 3 OR %s = 3)",
            [int(status), account, int(status)],
        )
        if cursor.rowcount != 1:
            raise ValueError("no such account, or it is closed")


def set_account_limits(
    *,
    account: int,
    category: int | Unchanged | None = UNCHANGED,
    limits: Limits | Unchanged | None = UNCHANGED,
    payee: int | Unchanged | None = UNCHANGED,
) -> None:
    """Change what an account is held to, from its next transfer on; None lifts it.

    Raises:
        ValueError: no such account.
    """
    values: dict[str, int | None] = {}
    if not isinstance(category, Unchanged):
        values["category"] = category
    if not isinstance(payee, Unchanged):
        values["payee"] = payee
    if not isinstance(limits, Unchanged):
        own = astuple(limits or Limits())
        values |= zip(_OWN_LIMITS, own, strict=True)
    if not values:
        return
    assignments = ", ".join(f"{name} = %s" for name in values)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_HOLD_IF_HOT, [account])
        cursor.execute(
            f"UPDATE ledger_account SET {assignments} WHERE id = %s",  # noqa: S608 (our names)
            [*values.values(), account],
        )
        if cursor.rowcount != 1:
            raise ValueError("no such account")


@transaction.atomic
def publish_limit_table(*, effective_from: datetime, limits: Mapping[int, Limits]) -> None:
    """Add the limits of wallet categories that hold from `effective_from` on.

    A category that is left out keeps what it has. Publishing the same again changes nothing.

    Raises:
        ValueError: other limits of a category stand for the same moment, or it is not 1 to 4.
    """
    if not set(limits) <= set(CATEGORIES):
        raise ValueError("wallet categories are 1 to 4")
    with connection.cursor() as cursor:
        for category, values in sorted(limits.items()):
            row = [category, effective_from, *astuple(values)]
            cursor.execute(
                "INSERT INTO ledger_limit VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                row,
            )
            cursor.execute(
                "SELECT FROM ledger_limit WHERE (category, effective_from) = (%s, %s) AND"
                " (balance_max, payment_max, daily_max, annual_max) IS NOT DISTINCT FROM"
                " (%s::bigint, %s::bigint, %s::bigint, %s::bigint)",
                row,
            )
            if cursor.rowcount != 1:
                raise ValueError(f"category {category} has other limits from that moment on")
        cursor.execute("SELECT ledger_refresh_ceilings()")


def make_hot(*, account: int) -> None:
    """Let payers of this account not wait for one another, for ever (see sql/hot.sql).

    Raises:
        ValueError: no such account.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_make_hot(%s)", [account])
        cursor.execute("SELECT FROM ledger_hot WHERE account = %s", [account])
        if cursor.rowcount != 1:
            raise ValueError("no such account")


def fold_hot_accounts() -> int:
    """Bring the rows of hot accounts up to date, so that reading them stays cheap.

    One transaction for each; an account whose payers hold it too long is left for the next time.

    Returns:
        How many transfers were folded.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account FROM ledger_hot h WHERE EXISTS ("
            " SELECT FROM ledger_hot_entry e"
            " WHERE e.account = h.account AND e.sequence > h.folded_upto) ORDER BY account"
        )
        behind = [row[0] for row in cursor.fetchall()]
    folded = 0
    for account in behind:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [FOLD_WAIT])
                cursor.execute("SELECT ledger_fold(%s)", [account])
                row = cursor.fetchone()
                folded += row[0] if row else 0
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable):
                raise
    return folded


def expire_pending(*, now: datetime, limit: int = 1000) -> int:
    """Void the reservations whose time is over; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM ledger_pending WHERE state = 1 AND expires_at <= %s"
            " ORDER BY expires_at LIMIT %s",
            [now, min(limit, BATCH_MAX)],
        )
        due = [row[0] for row in cursor.fetchall()]
        if not due:
            return 0
        results = create_transfers(
            [
                Transfer(
                    id=derived_id(pending, "expire"),
                    debit_account=0,
                    credit_account=0,
                    amount=0,
                    ledger=0,
                    code=0,
                    reference=pending,
                    occurred_at=now,
                    flags=TransferFlag.VOID,
                    pending_id=pending,
                )
                for pending in due
            ]
        )
    return results.count(Result.OK)
