"""Reads of the registry."""

from typing import Any

from cbdc.clock import now, rfc3339
from cbdc.money import CURRENCY
from central_bank.issuance.models import BankAccount, Token


def supply() -> dict[str, Any]:
    """The currency in circulation, in fen. INV-1: one statement, so the sums always agree."""
    rows = list(
        BankAccount.objects.order_by("bank").values_list(
            "bank", "issued", "redeemed", "held", "locked"
        )
    )
    issued, redeemed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return {
        "currency": CURRENCY,
        "issued": issued,
        "redeemed": redeemed,
        "in_circulation": issued - redeemed,
        "held": {bank: held for bank, _, _, held, _ in rows},
        "locked": {bank: locked for bank, _, _, _, locked in rows},
        "as_of": rfc3339(now()),
    }


def guarantee_tokens(bank: str) -> list[tuple[str, int]]:
    """A bank's live locked tokens as (id, value), the most valuable first."""
    live = Token.objects.filter(institution=bank, spent=False, lock__isnull=False)
    return list(live.order_by("-value", "token_id").values_list("token_id", "value"))
