"""`manage.py devnet_figures`: how much this institution's wallets hold, as a line of JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count, F, Sum

from cbdc.ledger.models import Account
from cbdc.ledger.types import AccountCode


class Command(BaseCommand):
    help = "Print the number of wallets and what they hold together, in fen."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        figures = Account.objects.filter(code=AccountCode.WALLET).aggregate(
            wallets=Count("id"), held=Sum(F("credits_posted") - F("debits_posted"))
        )
        held = int(figures["held"] or 0)
        self.stdout.write(json.dumps({"wallets": figures["wallets"], "held": held}))
