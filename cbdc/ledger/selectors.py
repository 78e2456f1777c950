"""Reads of the ledger. Amounts are fen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from cbdc.ledger.models import RecordedTransfer
from cbdc.ledger.types import Ledger, Limits, TransferCode, Usage
from cbdc.prepared import one_row

OF_REFERENCE_MAX = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of an account's history.

    `direction` is "in" or "out", `status` "posted", "pending" or "voided". `balance_after` is
    what was available after it. `cursor` asks for what came before it.
    """

    transfer_id: UUID
    reference: UUID
    code: TransferCode
    direction: str
    amount: int
    balance_after: int
    counterparty: int
    status: str
    occurred_at: datetime
    cursor: int


@dataclass(frozen=True, slots=True)
class Figures:
    """An account's figures of one moment. `available` in fen: reservations are gone from it."""

    available: int
    limits: Limits
    used: Usage


def available(account: int) -> int:
    """What the account can pay: its balance less what is reserved to leave.

    Raises:
        KeyError: no such account.
    """
    return balances([account])[account]


def balances(accounts: Iterable[int]) -> dict[int, int]:
    """`available` of several accounts, in one statement.

    Raises:
        KeyError: on the look-up of an account that does not exist.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, ledger_available(b) FROM ledger_balance b WHERE id = ANY(%s)",
            [list(accounts)],
        )
        return dict(cursor.fetchall())


def balance(account: int) -> int:
    """The posted balance on the normal side; reservations do not change it.

    Raises:
        KeyError: no such account.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (credits_posted - debits_posted) * CASE side WHEN 2 THEN 1 ELSE -1 END"
            " FROM ledger_balance WHERE id = %s",
            [account],
        )
        row = cursor.fetchone()
    if row is None:
        raise KeyError(account)
    return int(row[0])


def usage(account: int) -> Usage:
    """What the account has paid today and this year, as its limits count it.

    Raises:
        KeyError: no such account.
    """
    return figures_of(account).used


def limits(account: int) -> Limits:
    """What the account is held to now: the tighter of its own limits and its category's.

    Raises:
        KeyError: no such account.
    """
    return figures_of(account).limits


# The account is put in: a parameter, or a column of the statement that this stands in (LATERAL).
FIGURES = """
SELECT ledger_available(b), l.balance_max, l.payment_max, l.daily_max, l.annual_max,
    CASE WHEN a.counted_on >= now.today THEN a.counted_day ELSE 0 END,
    CASE WHEN a.counted_on >= date_trunc('year', now.today)::date THEN a.counted_year ELSE 0 END
FROM ledger_account a
JOIN ledger_balance b ON b.id = a.id,
    (SELECT t AS moment, ledger_day(t) AS today FROM clock_timestamp() t) now,
    ledger_limits(a, now.moment) l
WHERE a.id = {account}
"""


def as_figures(row: Sequence[Any]) -> Figures:
    """A row of FIGURES."""
    return Figures(row[0], Limits(*row[1:5]), Usage(daily=row[5], annual=row[6]))


def figures_of(account: int) -> Figures:
    """What the account can pay, what it is held to now, and what counts against that.

    Raises:
        KeyError: no such account.
    """
    row = one_row(FIGURES.format(account="%s"), [account])
    if row is None:
        raise KeyError(account)
    return as_figures(row)


def ledger_credit_total(ledger: Ledger) -> int:
    """Σ credit balances of the ledger's credit-normal accounts (INV-2's left side)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_credit_total(%s::smallint)", [int(ledger)])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


_HISTORY = """
SELECT (l).id, (l).reference, (l).code, (l).incoming, (l).amount, (l).balance_after,
    (l).counterparty, (l).status, (l).occurred_at
FROM ledger_history(%(account)s, %(before)s, %(limit)s, %(codes)s::smallint[],
    %(since)s, %(until)s) l
"""


def history(
    account: int,
    *,
    before: int | None = None,
    limit: int,
    codes: Sequence[TransferCode] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Entry]:
    """An account's entries, newest first; `before` is the cursor of the last one seen."""
    values = {
        "account": account,
        "before": UUID(int=before) if before is not None else None,
        "codes": [int(code) for code in codes] if codes is not None else None,
        "since": since,
        "until": until,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, values)
        rows = cursor.fetchall()
    return [
        Entry(
            transfer_id=row[0],
            reference=row[1],
            code=TransferCode(row[2]),
            direction="in" if row[3] else "out",
            amount=row[4],
            balance_after=row[5],
            counterparty=row[6],
            status=row[7],
            occurred_at=row[8],
            cursor=row[0].int,
        )
        for row in rows
    ]


def transfers_of(reference: UUID) -> list[RecordedTransfer]:
    """The transfers whose ids were derived from their reference, in the order of recording.

    A derived id has its parent's millisecond, so this reads few rows by their key. Transfers with
    ids of their own, such as a top-up of a payment's shortfall, are not among them.
    """
    first = UUID(int=reference.int >> 80 << 80)
    last = UUID(int=((reference.int >> 80) + 1) << 80)
    rows = RecordedTransfer.objects.filter(id__gte=first, id__lt=last, reference=reference)
    return list(rows.order_by("sequence")[:OF_REFERENCE_MAX])
