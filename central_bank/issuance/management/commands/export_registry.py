"""`export_registry FILE`: the registry for `python -m cbdc.verify FILE`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from central_bank.issuance.export import export_lines


class Command(BaseCommand):
    """All or nothing: the file appears when it is complete."""

    help = "Write every key, token and transaction of the registry, as one snapshot."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        new = file.with_name(f"{file.name}.new")
        lines = 0
        with new.open("wb") as out:
            for line in export_lines():
                out.write(line + b"\n")
                lines += 1
        new.replace(file)
        self.stdout.write(f"{lines} lines in {file}; check them: python -m cbdc.verify {file}")
