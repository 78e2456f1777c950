"""`manage.py audit_bank`: exit 0 only if the bank's e-CNY is fully backed and reconciled."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from commercial_banks.clearing.audit import audit_bank


class Command(BaseCommand):
    help = "Check the vault, the clearing account and the settlements against each other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = audit_bank()
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not findings, "findings": findings}))
        if findings:
            raise CommandError("\n".join(findings))
        if not options["json"]:
            self.stdout.write("every figure holds")
