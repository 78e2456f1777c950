"""`manage.py devnet_figures`: how much this institution's wallets hold, as a line of JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from cbdc.ledger.types import AccountCode


class Command(BaseCommand):
    help = "Print the number of wallets and what they hold together, in fen."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), coalesce(sum(credits_posted - debits_posted), 0)::bigint"
                " FROM ledger_balance WHERE code = %s",
                [int(AccountCode.WALLET)],
            )
            wallets, held = cursor.fetchone()
        self.stdout.write(json.dumps({"wallets": wallets, "held": held}))
