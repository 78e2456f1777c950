"""The verbs of the ledger: opening accounts, and the one door through which money moves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from cbdc.identifiers import derived_id
from cbdc.ledger.types import (
    BATCH_MAX,
    AccountStatus,
    NewAccount,
    Result,
    Transfer,
    TransferFlag,
)

_CREATE = """
SELECT ledger_create_transfers(array_agg(ROW(
    0, debit_account, credit_account, amount, 0, 0, occurred_at, occurred_at, expires_at, id,
    reference, pending_id, ledger, code, flags)::ledger_transfer ORDER BY position))
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[],
    %s::uuid[], %s::uuid[], %s::uuid[], %s::smallint[], %s::smallint[], %s::smallint[])
WITH ORDINALITY AS batch (debit_account, credit_account, amount, occurred_at, expires_at, id,
    reference, pending_id, ledger, code, flags, position)
"""


def open_accounts(batch: Sequence[NewAccount]) -> None:
    """Open accounts; one that exists already stays as it is."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_account (id, ledger, code, side, overdraft)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
            [(a.id, int(a.ledger), int(a.code), int(a.side), a.overdraft) for a in batch],
        )


def create_transfers(batch: Sequence[Transfer]) -> list[Result]:
    """Decide 1 to BATCH_MAX transfers in order; one result each.

    One SQL call, in the caller's transaction or in its own. A refused transfer changes
    nothing and does not abort the transaction.

    Raises:
        ValueError: an empty batch or one that is too long.
    """
    if not 1 <= len(batch) <= BATCH_MAX:
        raise ValueError(f"a batch has 1 to {BATCH_MAX} transfers")
    columns: list[Any] = [
        [t.debit_account for t in batch],
        [t.credit_account for t in batch],
        [t.amount for t in batch],
        [t.occurred_at for t in batch],
        [t.expires_at for t in batch],
        [t.id for t in batch],
        [t.reference for t in batch],
        [t.pending_id for t in batch],
        [int(t.ledger) for t in batch],
        [int(t.code) for t in batch],
        [int(t.flags) for t in batch],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, columns)
        row = cursor.fetchone()
    return [Result(text) for text in row[0]] if row else []


def set_account_status(*, account: int, status: AccountStatus) -> None:
    """Freeze, reactivate or close an account. Closed is final.

    Raises:
        ValueError: no such account, or it is closed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_account SET status = %s WHERE id = %s AND (status <> 3 OR %s = 3)",
            [int(status), account, int(status)],
        )
        if cursor.rowcount != 1:
            raise ValueError("no such account, or it is closed")


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
