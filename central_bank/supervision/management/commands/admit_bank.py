"""`admit_bank`: two people enter a bank into the directory."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cbdc.audit.console import at_console
from cbdc.crypto import keys
from cbdc.errors import Problem
from cbdc.identifiers import INSTITUTION_NUMBER
from central_bank.supervision import ceremony
from central_bank.supervision.requests import request_admission


class Command(BaseCommand):
    """Again with the same code: changes the name or address, adds the key."""

    help = "Admit a bank: its directory entry, key, reserve account and position."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code")
        parser.add_argument("number", help="four digits")
        parser.add_argument("name")
        parser.add_argument("base_url")
        parser.add_argument("public_key", help="base64url of the raw 32 bytes")
        parser.add_argument("--maker", required=True, help="who proposes; types the password")
        parser.add_argument("--checker", help="who approves here and now; types the password")

    def handle(self, *args: Any, **options: Any) -> None:
        details = {name: options[name] for name in ("number", "name", "base_url", "public_key")}
        if not INSTITUTION_NUMBER.fullmatch(details["number"]):
            raise CommandError("number: four digits")
        try:
            keys.public_from_raw(details["public_key"])
            with at_console():
                request = request_admission(
                    code=options["code"], maker=ceremony.person(options["maker"]), **details
                )
                self.stdout.write(ceremony.decide(request, options["checker"]))
        except (Problem, ValueError) as error:
            raise CommandError(str(error)) from error
