"""Money is an integer of minor units (fen). Yuan text exists only at the edge."""

import re

CURRENCY = "CNY"
AMOUNT_MAX = 10**15  # fen, one movement: API.md, "Money"

_YUAN = re.compile(r"(?P<yuan>0|[1-9][0-9]*)(?:\.(?P<fen>[0-9]{1,2}))?", re.ASCII)


def is_amount(value: object) -> bool:
    """True for an `int` (not `bool`) with 1 <= value <= AMOUNT_MAX."""
    return type(value) is int and 1 <= value <= AMOUNT_MAX


def parse_yuan(text: str) -> int:
    """Fen of a yuan text: `parse_yuan("12.34") == 1234`.

    Raises:
        ValueError: not a plain positive decimal with at most two places.
    """
    match = _YUAN.fullmatch(text.replace(",", ""))
    if match is None:
        raise ValueError(f"not an amount in yuan: {text!r}")
    amount = int(match["yuan"]) * 100 + int((match["fen"] or "").ljust(2, "0"))
    if not is_amount(amount):
        raise ValueError(f"amount out of range: {text!r}")
    return amount


def format_yuan(amount: int) -> str:
    """Yuan text of fen, with thousands: `format_yuan(-123456) == "-1,234.56"`."""
    sign = "-" if amount < 0 else ""
    yuan, fen = divmod(abs(amount), 100)
    return f"{sign}{yuan:,}.{fen:02d}"
