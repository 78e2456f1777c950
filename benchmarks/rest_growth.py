"""REST at a bank that grows, against a bank that does not.

    python -m benchmarks.rest_growth [--sizes 10000,1000000,10000000] [--rounds 3] [--seconds 8]

Lotus keeps the first of the sizes, harbor grows to each of them; both answer in turn, so a ratio
is of the same minutes. Harbor's further wallets come by SQL, without a phone that anybody has, and
with money that the engine moves from tokens that the central bank issued; those that pay have
devices and are spread over all of them. Client, servers and database share the machine. The books
of harbor are audited at each size.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg

from benchmarks.figures import percentile, table
from benchmarks.rest import MOST, RATE_MAX, audited, network
from benchmarks.rest_client import Driven, drive
from benchmarks.rest_requests import Banks
from cbdc.client.load_file import FIRST_SERIAL, LoadFile
from cbdc.crypto import keys
from cbdc.devnet.children import DevnetError
from loadtests.stack import Stack

GROWS, STAYS = "harbor", "lotus"
SIZES = "10000,1000000,10000000"
PURSE = 100  # fen of each further wallet: ten million stay inside a bank's quota
CHUNK = 200_000
BATCH = 8_192
TOKENS_TIMEOUT_S = 60.0
FLOOR = 0.8
STOCK = 2
GIB = 2**30
_BODY = "(%(first)s::bigint + n)"
_OPEN_WALLETS = """
INSERT INTO accounts_wallet (wallet_id, kind, category, name, status, phone_sealed, phone_hash,
    opened_at, frozen_by, top_up_from)
SELECT lpad({id}::text, 16, '0'), 'personal', 4, '', 'active', '-', 'growth ' || {body}, now(), '',
    ''
FROM generate_series(0, %(count)s - 1) n
"""
_OPEN_ACCOUNTS = """
INSERT INTO ledger_account (id, ledger, code, side, category)
SELECT {id}, 1, 3, 2, 4 FROM generate_series(0, %(count)s - 1) n
"""
_FUND = """
SELECT ledger_create_transfers(ROW(array_agg(uuidv7()), array_agg(%(stock)s::bigint),
    array_agg({id}), array_agg(%(amount)s::bigint), array_agg(gen_random_uuid()),
    array_agg(now()), array_agg(1::smallint), array_agg(1::smallint), array_agg(0::smallint),
    NULL, NULL, NULL)::ledger_batch)
FROM generate_series(0, %(count)s - 1) n
"""
_DEVICES = """
INSERT INTO accounts_device (id, wallet_id, public_key, name, created_at)
VALUES (%s, %s, %s, '', now()) ON CONFLICT DO NOTHING
"""
_STOCK = "SELECT credits_posted - debits_posted FROM ledger_balance WHERE id = %s"
_ISSUE = """
from commercial_banks.treasury.services import request_issue
request_issue(amount={amount}, by="benchmark")
"""


@dataclass(slots=True)
class AtSize:
    """The rounds of one size: payments and balances of both banks, and what the disk holds."""

    wallets: int
    paid: list[tuple[Driven, Driven]]
    read: list[tuple[Driven, Driven]]
    bytes: int


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when an answer was wrong or the books do not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rest_growth")
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--payers", type=int, default=1_000)
    options = parser.parse_args(arguments)
    sizes = [int(size) for size in options.sizes.split(",")]
    random.seed(20261201)
    failed: list[str] = []
    measured = []
    with (
        tempfile.TemporaryDirectory(prefix="cbdc-bench-") as folder,
        network(Path(folder), sizes[0]) as (under_load, grows, stays),
    ):
        for size in sizes:
            say(f"{size:,} wallets")
            grow(under_load, grows, size)
            measured.append(measure(under_load, grows, stays, options))
            failed += [f"{size:,} wallets: {one}" for one in audited(under_load, GROWS)]
    failed += [f"{one.wallets:,} wallets: {wrong} wrong" for one in measured if (wrong := bad(one))]
    print(shown(measured))
    for finding in failed:
        print(f"\n{finding}")
    return 1 if failed else 0


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def grow(under_load: Stack, known: LoadFile, size: int) -> None:
    """Have that many wallets, each with money."""
    more = size - known.wallets
    if more <= 0:
        return
    assert under_load.network is not None  # noqa: S101 - it was just started
    url = under_load.network.database_url(GROWS, owner=True)
    with psycopg.connect(url, autocommit=True) as raw:
        _issue(under_load, raw, more * PURSE)
        for first, count in _parts(known.wallets, size, CHUNK):
            with raw.transaction():
                values = {"first": _serial(known, first), "count": count}
                raw.execute(_sql(_OPEN_WALLETS), values)
                raw.execute(_sql(_OPEN_ACCOUNTS), values)
            say(f"{first + count:,} opened")
        for first, count in _parts(known.wallets, size, BATCH):
            values = {"first": _serial(known, first), "count": count}
            row = raw.execute(_sql(_FUND), {**values, "stock": STOCK, "amount": PURSE}).fetchone()
            if row is None or row[0] is not None:
                raise RuntimeError(f"the engine refused: {row}")
        for name in ("accounts_wallet", "ledger_account", "ledger_transfer"):
            raw.execute(f"VACUUM ANALYZE {name}")
    known.wallets = size


def _sql(template: str) -> str:
    """Wallet ids as SQL: institution and serial, and their Luhn digit."""
    digits = [f"(({_BODY} / {10**place}) %% 10)" for place in range(15)]
    doubled = [f"({digit} * 2 - CASE WHEN {digit} > 4 THEN 9 ELSE 0 END)" for digit in digits[::2]]
    total = " + ".join([*doubled, *digits[1::2]])
    wallet = f"({_BODY} * 10 + (10 - ({total}) %% 10) %% 10)"
    return template.format(id=wallet, body=_BODY)


def _serial(known: LoadFile, index: int) -> int:
    return int(known.number) * 10**11 + FIRST_SERIAL + index


def _parts(first: int, last: int, size: int) -> Iterator[tuple[int, int]]:
    for begin in range(first, last, size):
        yield begin, min(size, last - begin)


def _issue(under_load: Stack, raw: psycopg.Connection[tuple[object, ...]], amount: int) -> None:
    """Tokens of the central bank, in the stock."""
    done = under_load.manage(GROWS, "shell", "-c", _ISSUE.format(amount=amount))
    if done.returncode != 0:
        raise DevnetError(f"no tokens were asked for:\n{done.stdout}{done.stderr}")
    deadline = time.monotonic() + TOKENS_TIMEOUT_S
    while True:
        row = raw.execute(_STOCK, [STOCK]).fetchone()
        if row is not None and int(str(row[0])) >= amount:
            return
        if time.monotonic() > deadline:
            raise DevnetError("the central bank issued no tokens")
        time.sleep(0.2)


def measure(
    under_load: Stack, grows: LoadFile, stays: LoadFile, options: argparse.Namespace
) -> AtSize:
    """The rounds of one size."""
    assert under_load.network is not None  # noqa: S101 - it was just started
    payers = min(options.payers, stays.wallets, grows.wallets)
    holders = random.sample(range(grows.wallets), payers)
    url = under_load.network.database_url(GROWS, owner=True)
    with psycopg.connect(url, autocommit=True) as raw, raw.cursor() as cursor:
        cursor.executemany(_DEVICES, [_device(grows, index) for index in holders])
    banks = (
        Banks(under_load, grows, stays, payers, holders=holders),
        Banks(under_load, stays, grows, payers),
    )
    made = AtSize(grows.wallets, [], [], 0)
    count = max(int(RATE_MAX * options.seconds), MOST)
    for _ in range(options.rounds):
        for bank in banks:
            bank.log_in()
        pairs = [
            [
                drive(bank.port, requests(count), connections=MOST, seconds=options.seconds)
                for bank, requests in ((bank, getattr(bank, work)) for bank in banks)
            ]
            for work in ("pay_inside", "balance")
        ]
        made.paid.append((pairs[0][0], pairs[0][1]))
        made.read.append((pairs[1][0], pairs[1][1]))
        say(f"{grows.wallets:,} wallets: {pairs[0][0].rate:,.0f} payments/s")
    with psycopg.connect(url) as raw:
        row = raw.execute("SELECT pg_database_size(current_database())").fetchone()
        made.bytes = row[0] if row else 0
    return made


def _device(known: LoadFile, index: int) -> tuple[object, ...]:
    public = keys.raw_b64url(known.key(index).public_key())
    return known.device_id(index), known.wallet_id(index), public


def bad(one: AtSize) -> int:
    """Answers that were not 2xx."""
    return sum(driven.wrong for pair in (*one.paid, *one.read) for driven in pair)


def shown(measured: Sequence[AtSize]) -> str:
    """The table."""
    head = ["wallets", "payments/s", "p50 ms", "p99 ms", "ratio", "floor"]
    head += ["balances/s", "ratio", "database"]
    return table(head, [_row(one) for one in measured])


def _row(one: AtSize) -> list[str]:
    ratio = median(grown.rate / stayed.rate for grown, stayed in one.paid)
    read = median(grown.rate / stayed.rate for grown, stayed in one.read)
    p50, p99 = (
        median(percentile(grown.latencies, share) * 1000 for grown, _ in one.paid)
        for share in (0.5, 0.99)
    )
    return [
        f"{one.wallets:,}",
        f"{median(grown.rate for grown, _ in one.paid):,.0f}",
        f"{p50:.1f}",
        f"{p99:.1f}",
        f"{ratio:.2f}",
        f"{FLOOR} ({'reached' if ratio >= FLOOR else 'missed'})",
        f"{median(grown.rate for grown, _ in one.read):,.0f}",
        f"{read:.2f}",
        f"{one.bytes / GIB:.1f} GiB",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
