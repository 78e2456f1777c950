"""`rotate_issuer_key LOCATION`: make the issuer's next key, and have two people put it in force."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cbdc.audit.console import at_console
from cbdc.clock import now, rfc3339
from cbdc.errors import Problem
from central_bank.issuance.issuer import load_signer, make_key
from central_bank.issuance.requests import request_rotation
from central_bank.supervision import ceremony


class Command(BaseCommand):
    """The old key signs until then; what it signed verifies for ever."""

    help = "Make a key in a file or a PKCS #11 device, and propose it as the issuer's next."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("location", help="a file's name, or pkcs11:token=...;object=...")
        parser.add_argument("--existing", action="store_true", help="the key is there already")
        parser.add_argument("--in-hours", type=int, default=0, help="when it begins to sign")
        parser.add_argument("--maker", required=True, help="who proposes; types the password")
        parser.add_argument("--checker", help="who approves here and now; types the password")

    def handle(self, *args: Any, **options: Any) -> None:
        location: str = options["location"]
        try:
            with at_console():
                maker = ceremony.person(options["maker"])
                signer = load_signer(location) if options["existing"] else make_key(location)
                self.stdout.write(f"key {signer.key_id}\npublic key {signer.public_key}")
                begins = now() + timedelta(hours=options["in_hours"])
                request = request_rotation(
                    key_id=signer.key_id,
                    alg=signer.alg,
                    public_key=signer.public_key,
                    location=location,
                    valid_from=begins,
                    maker=maker,
                )
                self.stdout.write(f"to sign from {rfc3339(begins)}")
                self.stdout.write(ceremony.decide(request, options["checker"]))
        except (Problem, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
