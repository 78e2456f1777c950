"""`audit_central_bank`: exits 1 on a finding."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from central_bank.auditor import CHECKS, audit_central_bank


class Command(BaseCommand):
    """Prints what does not hold; with --json as `{ok, checks, findings}`."""

    help = "Re-derive the central bank's books from the rows alone, and say what does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = audit_central_bank()
        if options["json"]:
            report = {
                "ok": not findings,
                "checks": [check.__name__ for check in CHECKS],
                "findings": [asdict(finding) for finding in findings],
            }
            self.stdout.write(json.dumps(report))
        else:
            for finding in findings:
                self.stdout.write(f"{finding.rule} {finding.subject}: {finding.detail}")
            self.stdout.write(f"{len(CHECKS)} checks, {len(findings)} findings")
        if findings:
            raise SystemExit(1)
