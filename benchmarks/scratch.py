"""A bank for one benchmark: a database of its own, wallets with money, and gone afterwards."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.django_setup import set_up

BATCH = 5_000


@contextmanager
def bank(name: str) -> Iterator[tuple[Any, Path]]:
    """Its server, and a folder, while the block runs; Django's connection is to its database."""
    set_up()
    import cbdc.celery_app  # noqa: F401 - a broker in memory
    from benchmarks import books
    from benchmarks.server import running

    with (
        tempfile.TemporaryDirectory(prefix="cbdc-bench-") as folder,
        running(Path(folder) / "server") as server,
    ):
        server.createdb(name)
        books.use(server, name)
        yield server, Path(folder)


def open_wallets(rows: Sequence[Any]) -> None:
    """Keep the wallets of `rows`, and open their accounts."""
    from cbdc.ledger.services import open_accounts
    from cbdc.ledger.types import AccountCode, Ledger, NewAccount, Side
    from wallets.accounts.models import Wallet

    Wallet.objects.bulk_create(rows, batch_size=BATCH)
    for begin in range(0, len(rows), BATCH):
        open_accounts(
            [
                NewAccount(
                    int(row.wallet_id),
                    Ledger.DIGITAL_CURRENCY,
                    AccountCode.WALLET,
                    Side.CREDIT,
                    category=row.category,
                )
                for row in rows[begin : begin + BATCH]
            ]
        )


def fill(rows: Sequence[Any], amount: int) -> None:
    """Give each wallet its money, by real transfers."""
    from cbdc.clock import now
    from cbdc.identifiers import new_id
    from cbdc.ledger.services import create_transfers
    from cbdc.ledger.types import Ledger, Transfer, TransferCode
    from commercial_banks.chart import TOKENS_AT_CENTRAL_BANK

    for begin in range(0, len(rows), BATCH):
        results = create_transfers(
            [
                Transfer(
                    id=new_id(),
                    debit_account=TOKENS_AT_CENTRAL_BANK,
                    credit_account=int(row.wallet_id),
                    amount=amount,
                    ledger=Ledger.DIGITAL_CURRENCY,
                    code=TransferCode.ISSUE,
                    reference=new_id(),
                    occurred_at=now(),
                )
                for row in rows[begin : begin + BATCH]
            ]
        )
        if not all(result.recorded for result in results):
            raise RuntimeError("the wallets were not filled")
