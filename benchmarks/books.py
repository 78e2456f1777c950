"""A bank's books to measure on: wallets with limits, funded by real transfers."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
from django.core.management import call_command
from django.db import connection

from benchmarks.server import Server
from cbdc.identifiers import new_id
from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.services import open_accounts
from cbdc.ledger.types import (
    AccountCode,
    Ledger,
    NewAccount,
    Side,
    Transfer,
    TransferCode,
    TransferFlag,
)

FIRST = 1_000_000  # wallets have the ids from here on
STOCKS = (101, 102)  # where their money comes from: one for each that funds
HOT = 201
POOR = 202  # owns nothing, so what it pays is declined
CATEGORY = 2
FUNDS = 1_000_000  # fen, each; well under the category's cap
PAYMENT_MAX = 100  # fen, so that nobody runs short meanwhile
FILL_BATCH = 8192

_WALLETS = """
INSERT INTO ledger_account (id, ledger, code, side, category)
SELECT %s + n, 1, 3, 2, %s FROM generate_series(0, %s - 1) n
"""
# The engine itself moves all money, so that an audit finds books that are right.
_FUND = """
SELECT ledger_create_transfers(ROW(array_agg(uuidv7()), array_agg(%(stock)s::bigint),
    array_agg(id), array_agg(%(amount)s::bigint), array_agg(gen_random_uuid()),
    array_agg(now()), array_agg(1::smallint), array_agg(1::smallint), array_agg(0::smallint),
    NULL, NULL, NULL)::ledger_batch)
FROM generate_series(%(first)s::bigint, %(last)s::bigint) id
"""
_FILL = """
SELECT ledger_create_transfers(ROW(array_agg(uuidv7()), array_agg(payer),
    array_agg(CASE WHEN payee >= payer THEN payee + 1 ELSE payee END), array_agg(amount),
    array_agg(gen_random_uuid()), array_agg(now()), array_agg(1::smallint),
    array_agg(3::smallint), array_agg(16::smallint), NULL, NULL, NULL)::ledger_batch)
FROM (SELECT random(%(first)s::bigint, %(last)s::bigint) AS payer,
        random(%(first)s::bigint, %(last)s::bigint - 1) AS payee,
        random(1, %(amount)s)::bigint AS amount
    FROM generate_series(1, %(count)s) offset 0) r
"""


def use(server: Server, database: str) -> None:
    """Let Django's connection be one to that database of the server."""
    connection.close()
    connection.settings_dict["NAME"] = database
    connection.settings_dict["HOST"] = server.postgres.host
    connection.settings_dict["USER"] = "cbdc_owner"


def prepare(server: Server, database: str, *, wallets: int) -> None:
    """Make the books, once, and read them into memory."""
    new = server.createdb(database)
    use(server, database)
    if new:
        call_command("migrate", verbosity=0)
        _open(wallets)
        _fund(server.url(database), wallets)
        with connection.cursor() as cursor:
            # Loaded with room in the pages, then free to use it (see sql/tables.sql).
            cursor.execute("ALTER TABLE ledger_account SET (fillfactor = 100)")
            cursor.execute("VACUUM ANALYZE ledger_account")
            cursor.execute("VACUUM ANALYZE ledger_transfer")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT sum(debits_posted) FROM ledger_account")
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("SELECT count(*) FROM ledger_account WHERE id > 0")
    connection.close()


def _open(wallets: int) -> None:
    ledger = Ledger.DIGITAL_CURRENCY
    stocks = [NewAccount(id_, ledger, AccountCode.STOCK, Side.DEBIT, True) for id_ in STOCKS]
    payee = NewAccount(HOT, ledger, AccountCode.WALLET, Side.CREDIT, hot=True)
    poor = NewAccount(POOR, ledger, AccountCode.WALLET, Side.CREDIT, category=CATEGORY)
    open_accounts([*stocks, payee, poor])
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_WALLETS, [FIRST, CATEGORY, wallets])


def _fund(url: str, wallets: int) -> None:
    half = wallets // 2
    parts = [(STOCKS[0], 0, half), (STOCKS[1], half, wallets)]

    def fund(part: tuple[int, int, int]) -> None:
        stock, start, stop = part
        with psycopg.connect(url, autocommit=True) as raw:
            for first in range(start, stop, FILL_BATCH):
                last = min(first + FILL_BATCH, stop) - 1
                values = {"first": FIRST + first, "last": FIRST + last, "stock": stock}
                _expect_all_ok(raw, _FUND, {**values, "amount": FUNDS})

    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(fund, parts))


def fill(server: Server, database: str, *, wallets: int, transfers: int) -> None:
    """Let the wallets pay one another until that many transfers stand in the books."""
    url = server.url(database)
    with psycopg.connect(url, autocommit=True) as raw:
        row = raw.execute("SELECT count(*) FROM ledger_transfer").fetchone()
    missing = max(transfers - (row[0] if row else 0), 0)

    def pay(batches: int) -> None:
        values = {"first": FIRST, "last": FIRST + wallets - 1, "amount": PAYMENT_MAX}
        with psycopg.connect(url, autocommit=True) as raw:
            for _ in range(batches):
                _expect_all_ok(raw, _FILL, {**values, "count": FILL_BATCH})

    each = -(-missing // FILL_BATCH // 2)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(pay, [each, each]))
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("VACUUM ANALYZE ledger_transfer")


def _expect_all_ok(raw: psycopg.Connection[tuple[object, ...]], query: str, values: object) -> None:
    row = raw.execute(query, values).fetchone()  # type: ignore[call-overload]
    if row is None or row[0] is not None:
        raise RuntimeError(f"the engine refused: {row}")


def batches(
    *, size: int, count: int, wallets: int, payee: int | None = None, declined: float = 0.0
) -> Iterator[list[Transfer]]:
    """`count` batches of payments among the wallets, or all to `payee`.

    `declined` is the part of them that come from an account without money.
    """
    choose = random.Random()  # noqa: S311 (no secret)
    now = datetime.now(UTC)
    for _ in range(count):
        batch = []
        for _ in range(size):
            payer = FIRST + choose.randrange(wallets)
            to = FIRST + choose.randrange(wallets - 1)
            to = payee or (to + 1 if to >= payer else to)
            if declined and choose.random() < declined:
                payer = POOR
            batch.append(
                Transfer(
                    id=new_id(),
                    debit_account=payer,
                    credit_account=to,
                    amount=choose.randint(1, PAYMENT_MAX),
                    ledger=int(Ledger.DIGITAL_CURRENCY),
                    code=int(TransferCode.PAYMENT),
                    reference=new_id(),
                    occurred_at=now,
                    flags=int(TransferFlag.LIMITED),
                )
            )
        yield batch


def audited(server: Server, database: str) -> None:
    """Audit the books.

    Raises:
        RuntimeError: with what was found.
    """
    use(server, database)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    report = audit_ledger()
    connection.close()
    if not report.ok:
        raise RuntimeError("the audit found: " + "; ".join(report.findings[:5]))
