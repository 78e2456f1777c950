"""A merchant's day: what its wallet held, each payment, refund, fee and return, what it holds.

The lines are those of the wallet's own history, so they tie to it to the fen. A day begins at
midnight, China Standard Time. Whatever its size, a day is read page by page: once newest first
for the balances, and once more page by page from its beginning.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from cbdc.clock import china_midnight, now, rfc3339
from cbdc.ledger.selectors import Entry, history
from wallets.merchants.models import Merchant, Order, Refund, Return
from wallets.payments.selectors import transactions
from wallets.payments.statement import cell

PAGE = 500
COLUMNS = (
    "occurred_at",
    "kind",
    "order_id",
    "out_trade_no",
    "refund_id",
    "out_refund_no",
    "payment_id",
    "direction",
    "amount",
    "balance_after",
    "counterparty",
    "description",
    "status",
)
Line = dict[str, Any]


@dataclass(slots=True)
class Day:
    """A merchant's day: `lines()` can be read once, and `totals` are of what was read.

    `opening` is fen; `totals` the signed sums of each kind of line.
    """

    merchant: Merchant
    begins: datetime
    ends: datetime
    opening: int
    cursors: list[int | None]
    totals: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[Line]:
        """Oldest first."""
        for before in reversed(self.cursors):
            for line in reversed(_page(self, before)):
                signed = line["amount"] if line["direction"] == "in" else -line["amount"]
                self.totals[line["kind"]] += signed
                self.counts[line["kind"]] += 1
                yield line

    @property
    def closing(self) -> int:
        """The balance after the lines that were read."""
        return self.opening + sum(self.totals.values())


def day_of(merchant: Merchant, day: date) -> Day:
    """That day of the merchant's wallet, so far as it has passed."""
    begins = china_midnight(day)
    # The last microsecond: a period of the ledger has both its ends.
    ends = min(begins + timedelta(days=1, microseconds=-1), max(now(), begins))
    cursors: list[int | None] = []
    closing, change, before = None, 0, None
    while True:
        page = _entries(merchant, begins, ends, before)
        if page:
            cursors.append(before)
            closing = page[0].balance_after if closing is None else closing
            change += sum(e.amount if e.direction == "in" else -e.amount for e in page)
        if len(page) < PAGE:
            break
        before = page[-1].cursor
    if closing is None:
        last = history(int(merchant.wallet_id), limit=1, until=ends)
        closing = last[0].balance_after if last else 0
    return Day(merchant, begins, ends, closing - change, cursors)


def as_csv(day: Day) -> Iterator[str]:
    """The lines between the two balances, then the total of each kind, row by row."""
    yield _row(COLUMNS)
    yield _balance(day.begins, "opening_balance", day.opening)
    for line in day.lines():
        yield _row([cell(line[column]) for column in COLUMNS])
    yield _balance(day.ends, "closing_balance", day.closing)
    for kind, total in sorted(day.totals.items()):
        known = {
            "kind": f"total_{kind}",
            "direction": "in" if total >= 0 else "out",
            "amount": abs(total),
            "description": f"{day.counts[kind]} lines",
        }
        yield _row([known.get(column, "") for column in COLUMNS])


def _entries(
    merchant: Merchant, begins: datetime, ends: datetime, before: int | None
) -> list[Entry]:
    return history(int(merchant.wallet_id), before=before, limit=PAGE, since=begins, until=ends)


def _page(day: Day, before: int | None) -> list[Line]:
    """A page of the wallet's history, newest first, with the merchant's numbers."""
    wallet = day.merchant.wallet_id
    found = transactions(
        wallet, before=before, limit=PAGE, kind=None, since=day.begins, until=day.ends
    )
    rows = [row for _, row in found]
    ids = {row["transaction_id"] for row in rows}
    orders = {str(o.payment_id): o for o in Order.objects.filter(payment_id__in=ids)}
    refunds = {
        str(r.payment_id): r
        for r in Refund.objects.select_related("order").filter(payment_id__in=ids)
    }
    returns = {str(r.payment_id) for r in Return.objects.filter(payment_id__in=ids)}
    return [_line(row, orders, refunds, returns) for row in rows]


def _line(
    row: dict[str, Any], orders: dict[str, Order], refunds: dict[str, Refund], returns: set[str]
) -> Line:
    payment_id = row["transaction_id"]
    refund = refunds.get(payment_id)
    order = refund.order if refund is not None else orders.get(payment_id)
    return {
        **{name: row[name] for name in ("occurred_at", "direction", "amount", "balance_after")},
        "kind": "return" if payment_id in returns else row["kind"],
        "order_id": str(order.id) if order is not None else "",
        "out_trade_no": order.out_trade_no if order is not None else "",
        "refund_id": str(refund.id) if refund is not None else "",
        "out_refund_no": refund.out_refund_no if refund is not None else "",
        "payment_id": payment_id,
        "counterparty": row["counterparty"],
        "description": _text_of(refund, order, row["memo"]),
        "status": row["status"],
    }


def _text_of(refund: Refund | None, order: Order | None, memo: str) -> str:
    """The merchant's own words where it has some, else the payer's."""
    if refund is not None:
        return refund.reason
    return order.description if order is not None else memo


def _balance(moment: datetime, kind: str, balance: int) -> str:
    known = {"occurred_at": rfc3339(moment), "kind": kind, "balance_after": balance}
    return _row([known.get(column, "") for column in COLUMNS])


def _row(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
