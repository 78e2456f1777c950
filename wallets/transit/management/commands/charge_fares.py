"""Rate and charge what gates uploaded: one settlement batch, now."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from wallets.transit.settling import settle


class Command(BaseCommand):
    help = "Rates the taps that came in, charges riders, and says what it did. May be killed and \
run again: it goes on where it was."

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        done = settle()
        self.stdout.write(
            f"{done.rated} rider-weeks rated, {done.billed} billed, {done.charged} charges made, "
            f"{done.refunded} refunds sent in {time.monotonic() - begun:.1f} s"
        )
