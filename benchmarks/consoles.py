"""`python -m benchmarks.consoles`: how long each page of the staff takes over big tables.

A bank with so many wallets and transfers, and a central bank with so many payments, are made by
the server itself, table by table: rows that look right, with no books behind them. Then every page
is asked for as its staff does: its list, its first row, a filter, a search; and the dashboard, the
look-up, a payment's life, the day-end report. At most 15 queries and 300 ms each.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.server import ROOT

WALLETS, TRANSFERS = 1_000_000, 10_000_000
QUERIES_MAX, MS_MAX = 15, 300
TIMES = 3
BIGGEST = {
    "harbor": "/admin/payments/payment/",
    "central-bank": "/admin/clearing/clearingpayment/",
}
INSTITUTIONS = {"harbor": "0011", "central-bank": "0001"}


@dataclass(frozen=True, slots=True)
class Measured:
    """A page: its queries, and the median of its times."""

    page: str
    queries: int
    ms: float

    @property
    def is_within(self) -> bool:
        return self.queries <= QUERIES_MAX and self.ms <= MS_MAX


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.consoles", description=__doc__)
    parser.add_argument("--wallets", type=int, default=WALLETS)
    parser.add_argument("--transfers", type=int, default=TRANSFERS)
    parser.add_argument("--only", choices=INSTITUTIONS, help="in this process; else both, in turn")
    options = parser.parse_args(arguments)
    if options.only is None:
        sizes = ["--wallets", str(options.wallets), "--transfers", str(options.transfers)]
        for code in INSTITUTIONS:
            command = [sys.executable, "-m", "benchmarks.consoles", "--only", code, *sizes]
            if (status := subprocess.run(command, cwd=ROOT, check=False).returncode) != 0:
                return status
        return 0
    _measure(options.only, options.wallets, options.transfers)
    return 0


def _measure(code: str, wallets: int, transfers: int) -> None:
    from benchmarks.django_setup import set_up

    set_up(code, INSTITUTIONS[code])
    from django.core.management import call_command
    from django.db import connection

    from benchmarks import scratch
    from benchmarks.consoles_rows import seed

    with scratch.bank("consoles"):
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; SET synchronous_commit = off")
        seed(code, wallets=wallets, transfers=transfers)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        pages = _pages(code)
        exported = _export(BIGGEST[code])
    print(f"\n{code}: {wallets:,} wallets, {transfers:,} transfers\n")
    print(f"| page | queries (at most {QUERIES_MAX}) | ms (at most {MS_MAX}) |")
    print("|---|---:|---:|")
    for one in pages:
        mark = "" if one.is_within else " **over**"
        print(f"| `{one.page}` | {one.queries} | {one.ms:.0f}{mark} |")
    print(f"\n{exported}")
    over = sum(not one.is_within for one in pages)
    print(f"\n{len(pages)} pages, {over} over. The slowest: {max(one.ms for one in pages):.0f} ms.")


def _pages(code: str) -> list[Measured]:
    import re

    from django.contrib.auth.models import User
    from django.test import Client

    from benchmarks.consoles_rows import lists, payment_id

    person = User.objects.create(username="all", is_staff=True, is_superuser=True)
    client = Client(HTTP_HOST="localhost")
    client.force_login(person)
    pages = [_timed(client, "/admin/"), _timed(client, "/admin/day-end/")]
    paid = payment_id(code)
    pages.append(_timed(client, "/admin/look-up/", {"q": paid}))
    pages.append(_timed(client, f"/admin/payment/{paid}/"))
    for path in lists():
        pages.append(_timed(client, path))
        html = client.get(path).content.decode()
        rows = re.findall(rf'href="({path}[^"]+/change/)"', html)
        if rows:
            pages.append(_timed(client, rows[0], name=f"{path}…/"))
            key = rows[0].removeprefix(path).removesuffix("/change/")
            pages.append(_timed(client, f"{path}?q={key}", name=f"{path}?q=…"))
        filters = re.findall(r'href="(\?[a-z_]+(?:__exact|__isempty)?=[^"&]+)"', html)
        named = {one.partition("=")[0]: one for one in filters if one[:3] not in ("?o=", "?p=")}
        pages += [_timed(client, path + one) for one in named.values()]
        pages.append(_timed(client, f"{path}?o=-2"))
    return pages


def _export(path: str) -> str:
    """A big list as CSV: how long, and by how much the process grew meanwhile."""
    import psutil
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(username="all"))
    process = psutil.Process()
    before, most, lines = process.memory_info().rss, 0, 0
    begun = time.perf_counter()
    answer: Any = client.get(f"{path}export/")
    for part in answer.streaming_content:
        lines += part.count(b"\n")
        most = max(most, process.memory_info().rss)
    seconds, grown = time.perf_counter() - begun, (most - before) / 2**20
    return f"Export of `{path}`: {lines - 1:,} rows, {seconds:.1f} s, memory +{grown:.0f} MiB."


def _timed(client: Any, path: str, post: Any = None, *, name: str = "") -> Measured:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def ask() -> Any:
        return client.get(path) if post is None else client.post(path, post)

    with CaptureQueriesContext(connection) as queries:
        answer = ask()
    number = len(queries)  # now: the next request forgets them
    if answer.status_code not in (200, 302):
        raise RuntimeError(f"{path}: {answer.status_code}")
    times = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - begun))
    return Measured(name or path, number, median(times))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main(sys.argv[1:]))
