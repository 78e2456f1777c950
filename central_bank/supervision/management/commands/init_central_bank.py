"""`init_central_bank`: the issuer key, the chain, the accounts, the limits, the first cycle."""

from typing import Any

from django.core.management.base import BaseCommand

from central_bank.supervision.services import init_central_bank


class Command(BaseCommand):
    """Safe to run again."""

    help = "Make what the central bank needs before it admits its first bank."

    def handle(self, *args: Any, **options: Any) -> None:
        init_central_bank()
        self.stdout.write("The central bank is ready.")
