"""`manage.py seed_devnet`: give this institution of a development network its first contents."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cbdc.devnet.seeding import seed
from cbdc.institution import this_institution


class Command(BaseCommand):
    help = "Seed this institution of a development network; a second run changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVNET:
            raise CommandError("only an institution of a development network is seeded")
        institution = this_institution()
        seeded = seed(institution.role)
        counts = ", ".join(f"{len(rows)} {section}" for section, rows in seeded.items())
        self.stdout.write(f"{institution.code}: {counts}")
