"""`manage.py audit_ledger`: exit 0 only if every balance follows from the transfers."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cbdc.ledger.audit import audit_ledger


class Command(BaseCommand):
    help = "Re-derive every balance from the transfers alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        report = audit_ledger()
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "ok": report.ok,
                        "accounts": report.accounts,
                        "transfers": report.transfers,
                        "findings": report.findings,
                    }
                )
            )
        else:
            self.stdout.write(f"{report.accounts} accounts, {report.transfers} transfers")
        if not report.ok:
            raise CommandError("\n".join(report.findings))
