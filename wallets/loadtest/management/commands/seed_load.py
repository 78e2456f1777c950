"""`manage.py seed_load --wallets 100000`: holders with money, devices and merchants, in bulk."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cbdc.institution import this_institution
from cbdc.ledger.selectors import available
from cbdc.money import format_yuan
from commercial_banks.chart import STOCK
from wallets.loadtest.seeding import seed

BUDGET = 4_000_000_000  # fen: what a bank of a development network may be issued, with room
WAGES_DEFAULT = 200_00
TOKENS_TIMEOUT_S = 120.0
POLL_S = 0.2


class Command(BaseCommand):
    help = "Open wallets with money and devices, and take merchants on, for a load test. A second \
run makes only what is missing. Refused outside a development network, unless LOAD_SEEDING is set."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wallets", type=int, default=100_000)
        parser.add_argument("--wages", type=int, help="fen for each new wallet")
        parser.add_argument("--merchants", type=int, default=20)
        parser.add_argument("--file", type=Path, help="default: var/load/keys/<institution>.json")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEVNET or settings.LOAD_SEEDING):
            raise CommandError("only a development network is filled, or with LOAD_SEEDING=true")
        bank = this_institution()
        file = options["file"] or settings.BASE_DIR / "var/load/keys" / f"{bank.code}.json"
        begun = time.monotonic()
        wallets = options["wallets"]
        wages = options["wages"]
        if wages is None:
            wages = max(min(WAGES_DEFAULT, BUDGET // max(wallets, 1)), 1)
        try:
            seeded = seed(
                file=file,
                wallets=wallets,
                wages=wages,
                merchants=options["merchants"],
                wait=self._wait,
                progress=self._progress,
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{bank.code}: {seeded.wallets} wallets and {len(seeded.merchants)} merchants"
            f" in {time.monotonic() - begun:.1f} s; their keys: {file}"
        )

    def _progress(self, step: str) -> None:
        self.stdout.write(step)
        self.stdout.flush()

    def _wait(self, amount: int) -> None:
        """Until the central bank's tokens are in the stock."""
        deadline = time.monotonic() + TOKENS_TIMEOUT_S
        while available(STOCK) < amount:
            if time.monotonic() > deadline:
                raise CommandError(
                    f"the stock holds {format_yuan(available(STOCK))} yuan after"
                    f" {TOKENS_TIMEOUT_S:.0f} s, {format_yuan(amount)} are needed: does the"
                    " network run, and did the central bank issue?"
                )
            time.sleep(POLL_S)
