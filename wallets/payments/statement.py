"""A wallet's statement: what it held, what came and went, what it holds; as CSV."""

import csv
import io
from datetime import datetime
from typing import Any

from cbdc.api.schema import refuse
from cbdc.clock import rfc3339
from cbdc.errors import FieldError
from cbdc.ledger.selectors import history
from wallets.payments.selectors import all_transactions

ROWS_MAX = 10_000
COLUMNS = (
    "occurred_at",
    "transaction_id",
    "kind",
    "direction",
    "amount",
    "balance_after",
    "counterparty",
    "memo",
    "status",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def statement(wallet_id: str, *, since: datetime, until: datetime) -> str:
    """CSV, oldest first, between a line `opening_balance` and a line `closing_balance`.

    Amounts are fen. The lines' signed amounts add up to the difference of the balances.

    Raises:
        Problem: validation_failed for more than ROWS_MAX lines.
    """
    rows = _rows(wallet_id, since, until)
    closing = rows[0]["balance_after"] if rows else _balance_before(wallet_id, until)
    opening = closing - sum(_signed(row) for row in rows)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerow(_balance_line(since, "opening_balance", opening))
    for row in reversed(rows):
        writer.writerow([cell(row[column]) for column in COLUMNS])
    writer.writerow(_balance_line(until, "closing_balance", closing))
    return out.getvalue()


def _rows(wallet_id: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """The transactions of the period, newest first."""
    rows: list[dict[str, Any]] = []
    for row in all_transactions(wallet_id, since=since, until=until):
        rows.append(row)
        if len(rows) > ROWS_MAX:
            message = f"the period has more than {ROWS_MAX} transactions: choose a shorter one"
            raise refuse([FieldError("from", "invalid", message)])
    return rows


def _balance_before(wallet_id: str, moment: datetime) -> int:
    last = history(int(wallet_id), limit=1, until=moment)
    return last[0].balance_after if last else 0


def _signed(row: dict[str, Any]) -> int:
    amount: int = row["amount"]
    return amount if row["direction"] == "in" else -amount


def _balance_line(moment: datetime, kind: str, balance: int) -> list[Any]:
    known = {"occurred_at": rfc3339(moment), "kind": kind, "balance_after": balance}
    return [known.get(column, "") for column in COLUMNS]


def cell(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula is marked as text."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
