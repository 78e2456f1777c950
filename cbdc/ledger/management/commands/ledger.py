"""`manage.py ledger`: partitions of the transfers, and hot accounts."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cbdc.clock import now
from cbdc.ledger import months, services

MONTHS_MAX = 120


def _month(text: str) -> date:
    try:
        return months.parse_month(text)
    except ValueError as error:
        raise ArgumentTypeError("a month is written YYYY-MM") from error


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) > MONTHS_MAX:
        raise ArgumentTypeError(f"a number of months, 0 to {MONTHS_MAX}")
    return int(text)


class Command(BaseCommand):
    help = "Look after the ledger's tables: months of transfers, and hot accounts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        detach = verbs.add_parser("detach", help="move old months out (as the tables' owner)")
        detach.add_argument("--before", type=_month, required=True, metavar="YYYY-MM")
        extend = verbs.add_parser("extend", help="make partitions ahead (as the tables' owner)")
        extend.add_argument("--months", type=_number, default=months.MONTHS_AHEAD, metavar="N")
        verbs.add_parser("fold", help="bring the rows of hot accounts up to date")
        verbs.add_parser("show", help="partitions with their rows and sizes, and hot accounts")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = getattr(self, options["verb"])
        verb(options)

    def detach(self, options: dict[str, Any]) -> None:
        try:
            closed = months.detach(before=options["before"], now=now())
        except months.MonthNotClosable as error:
            raise CommandError(str(error)) from error
        for month in closed:
            self.stdout.write(f"closed {month.month:%Y-%m}: {month.transfers} transfers")
        if not closed:
            self.stdout.write("nothing to close")

    def extend(self, options: dict[str, Any]) -> None:
        made = months.extend(now=now(), months=options["months"])
        self.stdout.write(f"{len(made)} partitions made")

    def fold(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{services.fold_hot_accounts()} transfers folded")

    def show(self, options: dict[str, Any]) -> None:
        for partition in months.partition_figures():
            self.stdout.write(
                f"{partition.name:<26}{partition.rows:>12} rows{partition.size:>16} bytes"
            )
        for hot in months.hot_figures():
            self.stdout.write(f"hot account {hot.account}: {hot.behind} transfers behind")
