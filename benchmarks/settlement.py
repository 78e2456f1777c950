"""Settlement of large cycles while payments go on: how long, and what the payments feel.

    python -m benchmarks.settlement [--sizes 10000,100000,1000000] [--rate 50]

Starts one PostgreSQL and plays the central bank in this process, with payments among three
banks. Each cycle is filled by COPY, then closed, netted, settled and stated as the schedule does
it; meanwhile a second process hands payments to the same services at a steady rate, an order and
its answer each, and takes their time. The same stream without a settlement is the row to compare
with. `closed → settled` is until the tokens have moved; the statements go out after that.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.figures import percentile, table
from cbdc.crypto import keys
from cbdc.devnet.postgres import EmbeddedPostgres
from cbdc.identifiers import new_id, wallet_id

BANKS = {"harbor": "0011", "lotus": "0012", "jade": "0013"}
PASSPHRASE = "benchmark"  # noqa: S105 - of keys that live as long as this program
GUARANTEE = 10**12
IDLE_S = 10.0
START_S = 3.0
TAIL_S = 1.0  # of the stream after the settlement
HEAD = [
    "payments in the cycle",
    "close, ms",
    "closed → settled, s",
    "statements, s",
    "payments meanwhile",
    "median ms",
    "p99",
    "max",
]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--rate", type=float, default=50.0, help="payments a second meanwhile")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="cbdc-bench-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres")
        postgres.start()
        try:
            prepare(Path(folder), postgres)
            print(table(HEAD, measure(sizes, arguments.rate)))
        finally:
            from django.db import connections

            connections.close_all()
            postgres.stop()
    return 0


def prepare(folder: Path, postgres: EmbeddedPostgres) -> None:
    """A central bank with three banks that have locked a large guarantee."""
    postgres.createdb("central_bank")
    for name in ("institution", "issuer"):
        keys.save_private_key(folder / f"{name}.pem", keys.generate(), PASSPHRASE)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "cbdc.settings.devnet",
        "INSTITUTION": "central-bank",
        "INSTITUTION_NUMBER": "0001",
        "PUBLIC_BASE_URL": "http://127.0.0.1:1",
        "DATABASE_URL": postgres.url("central_bank"),
        "BROKER_URL": "memory://localhost//",
        "SECRET_KEY": "benchmark-" * 6,
        "KEY_PASSPHRASE": PASSPHRASE,
        "INSTITUTION_KEY_FILE": str(folder / "institution.pem"),
        "ISSUER_KEY_FILE": str(folder / "issuer.pem"),
        "STATE_DIR": str(folder),
    }
    import django

    django.setup()
    from django.core.management import call_command

    import cbdc.celery_app  # noqa: F401 - a broker in memory

    call_command("migrate", verbosity=0)
    _admit()


def _admit() -> None:
    from django.db import transaction

    from central_bank.clearing.positions import change_guarantee
    from central_bank.issuance import services
    from central_bank.issuance.domain import GUARANTEE as LOCK
    from central_bank.issuance.domain import Kind, Output
    from central_bank.issuance.registry import execute, hold_chain, inputs_of
    from central_bank.supervision.services import admit_bank, init_central_bank

    init_central_bank()
    for code, number in BANKS.items():
        public = keys.raw_b64url(keys.generate().public_key())
        admit_bank(
            code=code,
            number=number,
            name=code,
            base_url="http://127.0.0.1:1",
            public_key=public,
        )
        services.fund_reserves(bank=code, amount=GUARANTEE, reference=new_id())
        done = services.issue(request_id=new_id(), bank=code, amount=GUARANTEE, approved=True)
        with transaction.atomic():  # as a token.lock does, without the bank's signature
            hold_chain()
            [wire] = done.created[code]
            from cbdc.crypto.tokens import SignedToken

            token_id = SignedToken.from_wire(wire).token.token_id
            execute(
                Kind.LOCK,
                request_id=new_id(),
                inputs=inputs_of([token_id]),
                outputs=[Output(code, GUARANTEE, LOCK)],
            )
            change_guarantee(code, GUARANTEE)


def measure(sizes: Sequence[int], rate: float) -> list[list[str]]:
    """One row of the stream alone, then one for each size."""
    with stream(rate) as took:
        time.sleep(IDLE_S)
    rows = [["none", "", "", "", *_figures(took)]]
    for size in sizes:
        fill(size)
        with stream(rate) as took:
            closed, settled, stated = settle()
            time.sleep(TAIL_S)
        rows.append(
            [
                f"{size:,}",
                f"{closed * 1000:.0f}",
                f"{settled:.2f}",
                f"{stated:.2f}",
                *_figures(took),
            ]
        )
        _forget_outbox()
    return rows


def _figures(took: Sequence[float]) -> list[str]:
    values = sorted(took)
    shares = [percentile(values, share) * 1000 for share in (0.5, 0.99, 1.0)]
    return [str(len(values)), *(f"{share:.1f}" for share in shares)]


def settle() -> tuple[float, float, float]:
    """Seconds for the close, from there to settled, and for the statements."""
    from central_bank.clearing import settlement
    from central_bank.clearing.cycles import close_cycle, open_cycle_id
    from central_bank.clearing.statements import send_statements

    cycle_id = open_cycle_id()
    started = time.perf_counter()
    close_cycle(cycle_id)
    closed = time.perf_counter()
    settlement.net(cycle_id)
    settlement.move(cycle_id)
    settled = time.perf_counter()
    send_statements(cycle_id)
    return closed - started, settled - closed, time.perf_counter() - settled


def fill(size: int) -> None:
    """Put `size` completed payments of 1 fen into the open cycle, and into the positions."""
    from django.db import connection, transaction

    from central_bank.clearing.cycles import join_open_cycle
    from central_bank.clearing.positions import Change, apply

    codes = list(BANKS)
    moment = datetime.now(UTC).isoformat()
    changes = {code: Change() for code in codes}
    with transaction.atomic():
        cycle = join_open_cycle()
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for lines in _lines(size, codes, changes, cycle, moment):
                copy.write(lines)
        apply(changes)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE clearing_clearingpayment")


_COPY = """
COPY clearing_clearingpayment (payment_id, payer_bank, payee_bank, payer_wallet, payee_wallet,
    amount, content_hash, state, code, detail, received_at, decided_at, cycle_id, chases)
FROM STDIN
"""


def _lines(
    size: int, codes: Sequence[str], changes: dict[str, Any], cycle: UUID, moment: str
) -> Iterator[str]:
    wallets = {code: wallet_id(BANKS[code], 1) for code in codes}
    text = io.StringIO()
    for number in range(size):
        payer = codes[number % 3]
        payee = codes[(number + 1 + number % 2) % 3]
        changes[payer].sent += 1
        changes[payee].received += 1
        text.write(
            f"{new_id()}\t{payer}\t{payee}\t{wallets[payer]}\t{wallets[payee]}\t1\t{'0' * 64}"
            f"\tcompleted\t\t\t{moment}\t{moment}\t{cycle}\t0\n"
        )
        if number % 10_000 == 9_999:
            yield text.getvalue()
            text = io.StringIO()
    yield text.getvalue()


def _forget_outbox() -> None:
    """Nobody takes the statements here; the next row should not carry them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE messaging_outboxmessage")


@contextmanager
def stream(rate: float) -> Iterator[list[float]]:
    """Payments in another process while the block runs; their seconds are there afterwards."""
    took: list[float] = []
    command = [sys.executable, "-m", "benchmarks.settlement_stream", str(rate)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        if child.stdout is None or child.stdout.readline() != "ready\n":
            raise RuntimeError("the stream of payments did not start")
        yield took
        output, _ = child.communicate("stop\n")
        took += json.loads(output)


if __name__ == "__main__":
    sys.exit(main())
