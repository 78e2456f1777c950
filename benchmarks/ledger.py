"""The ledger's benchmarks: each a function from the plan to rows (figures of issue 3)."""

from collections.abc import Callable
from functools import partial

from benchmarks import books, callers, naive, tpcb
from benchmarks.plan import TPCB, Plan, Work, compare
from benchmarks.report import Row

SMALL, MORE, MOST = "wallets_100k", "wallets_1m", "wallets_10m"
CONNECTIONS_SINGLE = 16
CONNECTIONS_BATCH = 2
SINGLE_RATE_MAX = 1_000  # per connection and second, far above what one reaches

_ONE = """
\\set payer random({first}, {last})
\\set other random({first}, {last} - 1)
\\set payee {payee}
\\set amount random(1, {amount})
SELECT ledger_create_one(uuidv7(), :payer, :payee, :amount, uuidv7(), now(), 1::smallint,
    3::smallint, 16::smallint);
"""
_OTHER = "case when :other >= :payer then :other + 1 else :other end"


def _books(plan: Plan, database: str, wallets: int) -> None:
    books.prepare(plan.server, database, wallets=wallets)
    plan.audited.add(database)


def _one(plan: Plan, payee: int | None = None) -> float:
    """One transfer a call, by pgbench: the engine and nothing of Python."""
    last = books.FIRST + plan.wallets - 1
    script = _ONE.format(
        first=books.FIRST, last=last, amount=books.PAYMENT_MAX, payee=payee or _OTHER
    )
    return tpcb.script_rate(plan.server, database=SMALL, script=script, seconds=plan.seconds)


def _one_by_service(plan: Plan) -> float:
    """One transfer a call through the Python service, a process for each connection."""
    books.use(plan.server, SMALL)
    count = SINGLE_RATE_MAX * plan.seconds
    pieces = [
        list(books.batches(size=1, count=count, wallets=plan.wallets))
        for _ in range(CONNECTIONS_SINGLE)
    ]
    return callers.rate(pieces, callers.pay, seconds=plan.seconds)


def _batch(
    plan: Plan,
    size: int,
    *,
    database: str = SMALL,
    wallets: int = 0,
    payee: int | None = None,
    declined: float = 0.0,
) -> float:
    """Batches through the Python service, made before the time begins."""
    books.use(plan.server, database)
    count = max(plan.rate_max * plan.seconds // size // CONNECTIONS_BATCH, 1)
    pieces = [
        list(
            books.batches(
                size=size,
                count=count,
                wallets=wallets or plan.wallets,
                payee=payee,
                declined=declined,
            )
        )
        for _ in range(CONNECTIONS_BATCH)
    ]
    return callers.rate(pieces, callers.pay, seconds=plan.seconds, fold=payee is not None)


def single(plan: Plan) -> list[Row]:
    """One transfer a call, 16 connections."""
    _books(plan, SMALL, plan.wallets)
    works = [
        Work("batch 1, 16 connections", partial(_one, plan), 1.5),
        Work("the same through the Python service", partial(_one_by_service, plan)),
    ]
    return compare(plan, Work(TPCB, plan.tpcb), works)


def batches(plan: Plan) -> list[Row]:
    """Batches on 2 connections, payers and payees uniform over all wallets."""
    _books(plan, SMALL, plan.wallets)
    _books(plan, MORE, plan.wallets_more)
    works = []
    for database, wallets in ((SMALL, plan.wallets), (MORE, plan.wallets_more)):
        for size, floor in ((100, 8), (1000, 12), (8192, 15)):
            measure = partial(_batch, plan, size, database=database, wallets=wallets)
            name = f"batch {size}, {wallets:,} wallets"
            works.append(Work(name, measure, floor if database == SMALL else None))
    return compare(plan, Work(TPCB, plan.tpcb), works)


def declines(plan: Plan) -> list[Row]:
    """Batches of 1000 in which one payment of a hundred is refused."""
    _books(plan, SMALL, plan.wallets)
    clean = Work("batch 1000, all good", partial(_batch, plan, 1000))
    with_declines = partial(_batch, plan, 1000, declined=0.01)
    return compare(plan, clean, [Work("batch 1000, 1 % declined", with_declines, 0.7)])


def hot(plan: Plan) -> list[Row]:
    """Everybody pays one account, which is folded once a second meanwhile."""
    _books(plan, SMALL, plan.wallets)
    rows = compare(
        plan,
        Work("batch 1, uniform", partial(_one, plan)),
        [Work("batch 1, one payee", partial(_one, plan, books.HOT))],
    )
    for size in (100, 1000):
        uniform = Work(f"batch {size}, uniform", partial(_batch, plan, size))
        one_payee = partial(_batch, plan, size, payee=books.HOT)
        rows += compare(plan, uniform, [Work(f"batch {size}, one payee", one_payee, 0.9)])
    return rows


def growth(plan: Plan) -> list[Row]:
    """The same work on a hundred times as many accounts, all in memory."""
    _books(plan, SMALL, plan.wallets)
    _books(plan, MOST, plan.wallets_most)
    few = Work(f"batch 1000, {plan.wallets:,} wallets", partial(_batch, plan, 1000))
    many = partial(_batch, plan, 1000, database=MOST, wallets=plan.wallets_most)
    return compare(plan, few, [Work(f"batch 1000, {plan.wallets_most:,} wallets", many, 0.8)])


def against_naive(plan: Plan) -> list[Row]:
    """The engine against a transfer as one would write it with Django's models."""
    _books(plan, SMALL, plan.wallets)
    books.use(plan.server, naive.DATABASE)
    naive.prepare(plan.server, first=books.FIRST, wallets=plan.wallets, funds=books.FUNDS)

    def by_models() -> float:
        books.use(plan.server, naive.DATABASE)
        count = SINGLE_RATE_MAX * plan.seconds
        pieces = [
            [batch[0] for batch in books.batches(size=1, count=count, wallets=plan.wallets)]
            for _ in range(CONNECTIONS_SINGLE)
        ]
        return callers.rate(pieces, naive.transfer, seconds=plan.seconds)

    works = [
        Work("engine, batch 1, in process", partial(_one_by_service, plan), 5),
        Work("engine, batch 1000, in process", partial(_batch, plan, 1000), 80),
    ]
    return compare(plan, Work("Django select_for_update, in process", by_models), works)


BENCHMARKS: dict[str, tuple[str, Callable[[Plan], list[Row]]]] = {
    "single": ("Ledger: one transfer a call", single),
    "batches": ("Ledger: batches", batches),
    "declines": ("Ledger: refused transfers", declines),
    "hot": ("Ledger: hot accounts", hot),
    "growth": ("Ledger: ten million accounts", growth),
    "naive": ("Ledger: against Django's models", against_naive),
}
