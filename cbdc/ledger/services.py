"""The verbs of the ledger: opening accounts, and the one door through which money moves."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from cbdc.identifiers import derived_id
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

_OWN_LIMITS = ("balance_max", "payment_max", "daily_max", "annual_max")

_OPEN = """
INSERT INTO ledger_account (id, ledger, code, side, overdraft, category, parent, payee,
    balance_max, payment_max, daily_max, annual_max)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
"""
_CREATE = """
SELECT ledger_create_transfers(array_agg(ROW(
    0, debit_account, credit_account, amount, 0, 0, occurred_at, occurred_at, expires_at, id,
    reference, pending_id, ledger, code, flags)::ledger_transfer ORDER BY position),
    array_agg(strict_category ORDER BY position))
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[],
    %s::uuid[], %s::uuid[], %s::uuid[], %s::smallint[], %s::smallint[], %s::smallint[],
    %s::smallint[])
WITH ORDINALITY AS batch (debit_account, credit_account, amount, occurred_at, expires_at, id,
    reference, pending_id, ledger, code, flags, strict_category, position)
"""


def open_accounts(batch: Sequence[NewAccount]) -> None:
    """Open accounts; one that exists already stays as it is."""
    rows = [
        (
            *(a.id, int(a.ledger), int(a.code), int(a.side), a.overdraft),
            *(a.category, a.parent, a.payee),
            *astuple(a.limits or Limits()),
        )
        for a in batch
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_OPEN, rows)


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
        [t.strict_category for t in batch],
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
    with connection.cursor() as cursor:
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
