"""REST from outside: payments, charges, balances and histories, against stock Django.

    python -m benchmarks.rest [--rounds 3] [--seconds 5] [--wallets 10000] [--payers 500]

Starts the whole network, with wallets at two banks, and beside it a stock Django project under the
same server command, with a database on the same PostgreSQL. Requests are made and signed before
the clock starts. The client is one process of sockets; client, servers and database share the
machine, so every rate is one of this machine with all of them on it. Ratios are of one round and
one number of connections; medians of the rounds are shown. The books are audited at the end.
"""

import argparse
import math
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.figures import percentile, table
from benchmarks.rest_client import Driven, drive
from benchmarks.rest_requests import Banks, Stock
from cbdc.client.load_file import LoadFile
from cbdc.devnet.children import DevnetError, ProcessSpec, end, spawn, tail
from cbdc.devnet.sockets import HOST, free_port_block
from cbdc.devnet.stack import ROOT, web_command
from loadtests import stack
from loadtests.stack import Stack

CONNECTIONS = (1, 16, 64)
MOST = CONNECTIONS[-1]
SHARE = 0.7  # of the highest rate, for the latency that a bank would run at
RATE_MAX = 6_000  # a second: so many requests are made before
WARM_UP = 256  # requests of each work before the first round
READY_S = 30.0
QUIET_S = 120.0
NO_OP, NAIVE = "no-op DRF view", "naive Django + DRF payment"
INSIDE, ACROSS = "payment inside a bank", "payment across banks, until `pending`"
ONE, CHARGE = "payment inside a bank, all to one merchant", "charge of a payment code"
BALANCE, HISTORY = "balance", "page of history"
# Of what, against what, at least: issue "Load", 64 connections.
FLOORS = ((INSIDE, NO_OP, 0.6), (INSIDE, NAIVE, 7.0), (BALANCE, NO_OP, 0.8), (ONE, INSIDE, 0.9))
P99_MAX = 10.0  # times p50, at SHARE of the highest rate


@dataclass(frozen=True, slots=True)
class Work:
    """What is measured: where, and how so many requests for it are made."""

    name: str
    port: int
    requests: Callable[[int], list[bytes]]
    connections: tuple[int, ...] = CONNECTIONS
    quiet: bool = False  # other institutions have work afterwards, which must not disturb the next


class Measurements:
    """All rounds of all works."""

    def __init__(self) -> None:
        self.driven: dict[tuple[str, int], list[Driven]] = {}
        self.paced: list[Driven] = []

    def rate(self, name: str, connections: int) -> float:
        """The median rate of a work."""
        return median(one.rate for one in self.driven[name, connections])

    def ratio(self, name: str, of: str, connections: int) -> float:
        """The median of the rounds' ratios."""
        pairs = zip(self.driven[name, connections], self.driven[of, connections], strict=True)
        return median(one.rate / other.rate for one, other in pairs)

    def milliseconds(self, name: str, connections: int, share: float) -> float:
        """The median over the rounds of a percentile."""
        return _milliseconds(self.driven[name, connections], share)

    def wrong(self) -> dict[str, int]:
        """How many answers of each work were not 2xx."""
        counts: dict[str, int] = {}
        for (name, _), driven in self.driven.items():
            counts[name] = counts.get(name, 0) + sum(one.wrong for one in driven)
        counts["paced"] = sum(one.wrong for one in self.paced)
        return {name: count for name, count in counts.items() if count}


def main(arguments: Sequence[str]) -> int:
    """Print the tables; 1 when an answer was wrong or the books do not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rest")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--wallets", type=int, default=10_000, help="at each bank")
    parser.add_argument("--payers", type=int, default=500, help="of them, with access tokens")
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="cbdc-bench-") as folder,
        network(Path(folder), options.wallets) as (under_load, harbor, lotus),
    ):
        port = free_port_block(1)
        payers = min(options.payers, options.wallets)
        with stock(under_load, port, Path(folder) / "stock.log", payers) as tokens:
            banks = Banks(under_load, harbor, lotus, payers)
            measured = measure(under_load, banks, Stock(port, tokens), options)
        failed = audited(under_load, "harbor") + audited(under_load, "lotus")
    print(rates(measured))
    print(f"\n{floors(measured)}")
    for name, count in measured.wrong().items():
        failed.append(f"{name}: {count} answers were not 2xx")
    for finding in failed:
        print(f"\n{finding}")
    return 1 if failed else 0


@contextmanager
def network(folder: Path, wallets: int) -> Iterator[tuple[Stack, LoadFile, LoadFile]]:
    """The institutions, with wallets; progress goes to stderr."""

    def progress(step: str) -> None:
        print(step, file=sys.stderr, flush=True)

    with stack.own(folder / "state", keep=False, progress=progress) as under_load:
        keys = folder / "keys"
        stack.seed(under_load, wallets=wallets, keys=keys, progress=progress)
        files = [LoadFile.load(keys / f"{code}.json") for code in ("harbor", "lotus")]
        yield under_load, files[0], files[1]


@contextmanager
def stock(under_load: Stack, port: int, log: Path, users: int) -> Iterator[list[str]]:
    """The stock project, served as an institution is; the tokens of its users."""
    assert under_load.books is not None  # noqa: S101 - it was just started
    postgres = under_load.books.postgres
    assert postgres is not None  # noqa: S101
    postgres.createdb("stock")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.stock.settings",
        "DATABASE_URL": postgres.url("stock"),
        "SECRET_KEY": os.urandom(32).hex(),
    }
    filled = subprocess.run(
        [sys.executable, "-m", "benchmarks.stock.fill", str(users), str(users)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    command = web_command(port, "benchmarks.stock.wsgi:application")
    child = spawn(ProcessSpec("stock", command, environment, cwd=ROOT), log)
    try:
        _wait(port, log)
        yield filled.stdout.split()
    finally:
        end(child.pid, ProcessSpec("stock", command).stop_signal, grace_s=5.0)
        child.wait()


def _wait(port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise DevnetError(f"the stock project does not answer:\n{tail(log)}") from None
            time.sleep(0.2)
        else:
            return


def measure(
    under_load: Stack, banks: Banks, beside: Stock, options: argparse.Namespace
) -> Measurements:
    """All rounds."""
    works = [
        Work(NO_OP, beside.port, beside.no_op),
        Work(INSIDE, banks.port, banks.pay_inside),
        Work(NAIVE, beside.port, beside.pay),
        Work(BALANCE, banks.port, banks.balance),
        Work(HISTORY, banks.port, banks.history),
        Work(ONE, banks.port, banks.pay_merchant, (MOST,)),
        Work(CHARGE, banks.port, banks.charge),
        Work(ACROSS, banks.port, banks.pay_across, quiet=True),
    ]
    banks.log_in()
    for work in works:  # the first answers of a server are not its rate
        drive(work.port, work.requests(WARM_UP), connections=MOST, seconds=options.seconds)
    _quiet(under_load)
    measured = Measurements()
    count = max(int(RATE_MAX * options.seconds), MOST)
    for number in range(options.rounds):
        banks.log_in()
        for connections in CONNECTIONS:
            for work in works:
                if connections not in work.connections:
                    continue
                one = _one(work, connections, count, options.seconds)
                measured.driven.setdefault((work.name, connections), []).append(one)
                print(
                    f"round {number + 1}, {connections} connections, {work.name}:"
                    f" {one.rate:,.0f}/s",
                    file=sys.stderr,
                    flush=True,
                )
                if work.quiet:
                    _quiet(under_load)
        rate = SHARE * measured.driven[INSIDE, MOST][-1].rate
        paced = max(int(rate * options.seconds), 1)
        measured.paced.append(
            drive(
                banks.port,
                banks.pay_inside(paced),
                connections=MOST,
                seconds=options.seconds,
                rate=rate,
            )
        )
    return measured


def _one(work: Work, connections: int, count: int, seconds: float) -> Driven:
    # One connection cannot use as many; what is made and not sent costs time and nothing else.
    wanted = count if connections > 1 else count // 4
    return drive(work.port, work.requests(wanted), connections=connections, seconds=seconds)


def _quiet(under_load: Stack) -> None:
    deadline = time.monotonic() + QUIET_S
    while any(stack.waiting(under_load).values()):
        if time.monotonic() > deadline:
            raise DevnetError("payments between banks do not come to rest")
        time.sleep(0.5)


def audited(under_load: Stack, code: str) -> list[str]:
    """What the bank's audits find."""
    findings = []
    for command in ("audit_bank", "audit_ledger"):
        done = under_load.manage(code, command)
        if done.returncode != 0:
            findings.append(f"{command} of {code}: {done.stdout}{done.stderr}")
    return findings


def rates(measured: Measurements) -> str:
    """The table of rates, latencies and ratios."""
    head = ["work"]
    for connections in CONNECTIONS:
        head += [f"{connections}: /s", "p50 ms", "p99 ms", "× no-op"]
    names = dict.fromkeys(name for name, _ in measured.driven)
    return table(head, [_row(measured, name) for name in names])


def _row(measured: Measurements, name: str) -> list[str]:
    cells = [name]
    for connections in CONNECTIONS:
        if (name, connections) not in measured.driven:
            cells += ["", "", "", ""]
            continue
        cells += [
            f"{measured.rate(name, connections):,.0f}",
            f"{measured.milliseconds(name, connections, 0.5):.1f}",
            f"{measured.milliseconds(name, connections, 0.99):.1f}",
            f"{measured.ratio(name, NO_OP, connections):.2f}",
        ]
    return cells


def floors(measured: Measurements) -> str:
    """Which floors are reached."""
    rows = []
    for name, of, floor in FLOORS:
        ratio = measured.ratio(name, of, MOST)
        rows.append([f"{name}, of {of}", f"{ratio:.2f} ×", f"{floor:g} ×", _mark(ratio >= floor)])
    p50, p99 = (_milliseconds(measured.paced, share) for share in (0.5, 0.99))
    times = p99 / p50 if p50 else math.nan
    rows.append(
        [
            f"{INSIDE} at {SHARE:.0%} of that rate: p99 {p99:.0f} ms, p50 {p50:.0f} ms",
            f"{times:.1f} ×",
            f"< {P99_MAX:g} ×",
            _mark(times < P99_MAX),
        ]
    )
    return table([f"{MOST} connections", "measured", "floor", ""], rows)


def _mark(reached: bool) -> str:
    return "reached" if reached else "missed"


def _milliseconds(driven: Sequence[Driven], share: float) -> float:
    return median(percentile(one.latencies, share) * 1000 for one in driven)


if __name__ == "__main__":
    random.seed(20261201)
    sys.exit(main(sys.argv[1:]))
