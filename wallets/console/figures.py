"""What a bank's console keeps for its charts."""

from datetime import datetime
from uuid import UUID

from cbdc.console.selectors import growth
from cbdc.ledger.types import CATEGORIES
from commercial_banks.treasury.selectors import stock_and_clearing
from wallets.accounts.selectors import open_wallets_by_category
from wallets.payments.selectors import Flow, flows_between

STOCK, CLEARING = "stock", "clearing"
WAYS = INSIDE, OUT, IN = "inside", "out", "in"


def levels() -> dict[str, int]:
    """The stock and the clearing position, in fen."""
    stock, clearing = stock_and_clearing()
    return {STOCK: stock, CLEARING: clearing}


def slow_levels() -> dict[str, int]:
    """Open wallets of each category."""
    counted = open_wallets_by_category()
    return {wallets_of(category): counted.get(category, 0) for category in CATEGORIES}


def count(first: UUID, last: UUID) -> dict[str, int]:
    """Payments by their way: numbers, and fen."""
    counted: dict[str, int] = {}
    for way, flow in flows_between(first, last).items():
        counted[f"{way}.payments"] = flow.payments
        counted[f"{way}.amount"] = flow.amount
    return counted


def totals_of_day(begins: datetime, ends: datetime) -> dict[str, Flow]:
    """What was paid in a time, by its way, from the kept figures: no table of payments is read."""
    names = [f"{way}.{what}" for way in WAYS for what in ("payments", "amount")]
    grown = growth(names, begins, ends)
    return {
        way: Flow(grown[f"{way}.payments"], grown[f"{way}.amount"])
        for way in WAYS
        if f"{way}.payments" in grown
    }


def wallets_of(category: int) -> str:
    """The series of a category's number of wallets."""
    return f"wallets.{category}"
