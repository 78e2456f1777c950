"""`admit_bank`: enter a bank into the directory."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cbdc.errors import Problem
from cbdc.identifiers import INSTITUTION_NUMBER
from central_bank.supervision.services import admit_bank


class Command(BaseCommand):
    """Again with the same code: changes the name or address, adds the key."""

    help = "Admit a bank: its directory entry, key, reserve account and position."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("number", help="four digits")
        parser.add_argument("name")
        parser.add_argument("base_url")
        parser.add_argument("public_key", help="base64url of the raw 32 bytes")

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("code", "number", "name", "base_url", "public_key")
        details = {name: options[name] for name in names}
        if not INSTITUTION_NUMBER.fullmatch(details["number"]):
            raise CommandError("number: four digits")
        try:
            admit_bank(**details)
        except (Problem, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{details['code']} is admitted.")
