"""What reading costs after the run: audit and history; and the memory of a long caller."""

import os
import time
from collections.abc import Callable
from statistics import median

import psutil
from django.db import connection

from benchmarks import books
from benchmarks.ledger import SMALL
from benchmarks.plan import Plan
from benchmarks.report import Row
from cbdc.ledger import selectors
from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.services import create_transfers

BATCH = 1000
PAGE = 50
PAGES = 101
MIB = 2**20
SETTLED = 0.2  # of a run: from then on memory should not grow


def memory(plan: Plan) -> list[Row]:
    """The size of a process that hands batches in, over a long run."""
    books.prepare(plan.server, SMALL, wallets=plan.wallets)
    plan.audited.add(SMALL)
    process = psutil.Process(os.getpid())
    count = max(plan.run // BATCH, 2)
    settled = 0
    for number, batch in enumerate(books.batches(size=BATCH, count=count, wallets=plan.wallets)):
        create_transfers(batch)
        if number == int(count * SETTLED):
            settled = process.memory_info().rss
    grown = process.memory_info().rss - settled
    connection.close()
    return [
        Row(f"resident memory after {count * BATCH:,} transfers", (settled + grown) / MIB, "MiB"),
        Row("grown in the last four fifths", grown / MIB, "MiB", floor=4),
    ]


def reading(plan: Plan) -> list[Row]:
    """Audit and history, with all transfers of the run (or `--transfers`) in the books."""
    books.prepare(plan.server, SMALL, wallets=plan.wallets)
    if plan.transfers:
        books.fill(plan.server, SMALL, wallets=plan.wallets, transfers=plan.transfers)
    books.use(plan.server, SMALL)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    began = time.monotonic()
    report = audit_ledger()
    audit_s = time.monotonic() - began
    if not report.ok:
        raise RuntimeError("the audit found: " + "; ".join(report.findings[:5]))
    rows = [
        Row("transfers in the books", report.transfers, ""),
        Row("audit of the whole ledger", audit_s, "s", floor=60),
    ]
    account = books.FIRST
    rows.append(Row("newest page of 50 of a wallet", _page(account, None), "ms", floor=5))
    rows.append(Row("a page deep in its history", _page(account, _deep(account)), "ms", floor=5))
    busiest = books.STOCKS[0]
    rows.append(Row("newest page of the busiest account", _page(busiest, None), "ms", floor=5))
    rows.append(Row("a page deep in its history", _page(busiest, _deep(busiest)), "ms", floor=5))
    connection.close()
    return rows


def _page(account: int, before: int | None) -> float:
    """Milliseconds of a page, the median of many."""
    times = []
    for _ in range(PAGES):
        began = time.monotonic()
        selectors.history(account, before=before, limit=PAGE)
        times.append(time.monotonic() - began)
    return median(times) * 1000


def _deep(account: int) -> int:
    """The cursor in the middle of an account's history."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM ledger_transfer WHERE %s IN (debit_account, credit_account)"
            " ORDER BY sequence",
            [account],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return int(ids[len(ids) // 2].int)


READING: dict[str, tuple[str, Callable[[Plan], list[Row]]]] = {
    "memory": ("Ledger: memory of a caller", memory),
    "reading": ("Ledger: audit and history", reading),
}
