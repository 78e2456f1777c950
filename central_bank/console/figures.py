"""What the central bank's console keeps for its charts."""

from uuid import UUID

from central_bank.clearing.selectors import payments_between
from central_bank.issuance.selectors import standings

SUPPLY, RESERVES, PAYMENTS = "supply", "reserves", "payments"


def levels() -> dict[str, int]:
    """The currency in circulation and the banks' reserves, in fen."""
    rows = standings()
    return {
        SUPPLY: sum(row.issued - row.redeemed for row in rows),
        RESERVES: sum(row.reserves for row in rows),
    }


def count(first: UUID, last: UUID) -> dict[str, int]:
    """Payments that came in to be cleared."""
    return {PAYMENTS: payments_between(first, last)}
