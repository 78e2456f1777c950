"""`init_central_bank`: the issuer key, the chain, the accounts, the limits, the first cycle."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cbdc.audit.console import at_console
from central_bank.supervision.services import SYSTEM, init_central_bank


class Command(BaseCommand):
    """Safe to run again."""

    help = "Make what the central bank needs before it admits its first bank."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--officer", action="append", default=[], help="who is present; name each, for the log"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        officers: list[str] = options["officer"]
        with at_console():
            init_central_bank(actor=", ".join(officers) or SYSTEM)
        self.stdout.write("The central bank is ready.")
