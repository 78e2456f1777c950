"""Reads of the treasury: what the vault holds, the marks of the stock, what was asked for."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from cbdc.console import bounded
from cbdc.ledger.selectors import balances
from commercial_banks.chart import CLEARING, STOCK
from commercial_banks.treasury.models import ReplenishmentMarks, TokenRequest, VaultToken


@dataclass(frozen=True, slots=True)
class Vault:
    """Live tokens of the bank: fen that are free, fen that are locked, and their number."""

    free: int
    locked: int
    tokens: int


def vault() -> Vault:
    """As the central bank last told it."""
    live = VaultToken.objects.filter(spent_at__isnull=True)
    sums = live.aggregate(
        free=Sum("value", filter=Q(locked=False)),
        locked=Sum("value", filter=Q(locked=True)),
        tokens=Count("token_id"),
    )
    return Vault(int(sums["free"] or 0), int(sums["locked"] or 0), sums["tokens"])


def marks() -> ReplenishmentMarks | None:
    """Between which the stock is kept; None when nobody has set any."""
    return ReplenishmentMarks.objects.first()


def stock_and_clearing() -> tuple[int, int]:
    """The bank's uncirculated e-CNY, and what it owes other banks (below zero: they owe it).

    Nothing, before the bank has opened its books.
    """
    found = balances([STOCK, CLEARING])
    return found.get(STOCK, 0), found.get(CLEARING, 0)


def requests_waiting() -> int:
    """What was asked of the central bank and is not answered; a bounded count."""
    return bounded.count(TokenRequest.objects.filter(status=TokenRequest.Status.PENDING))
