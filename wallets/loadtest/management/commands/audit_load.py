"""`manage.py audit_load FILE...`: is what a load test was told in this bank's books?"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wallets.loadtest.audit import audit


class Command(BaseCommand):
    help = "Look for everything that the bank acknowledged, and for payments without an end. \
Exit 1 on a finding."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        done = audit(_lines(options["files"]))
        self.stdout.write(json.dumps(asdict(done)))
        if done.findings:
            raise SystemExit(1)


def _lines(files: Sequence[Path]) -> Iterator[str]:
    for file in files:
        with file.open() as text:
            yield from text
