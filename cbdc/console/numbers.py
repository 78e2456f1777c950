"""Numbers as people read them at a glance, in the language of the page."""

from django.utils.translation import get_language

from cbdc.money import format_yuan

_WESTERN = ((10**9, "B"), (10**6, "M"), (10**3, "k"))
_CHINESE = ((10**8, "亿"), (10**4, "万"))
_EXACT_BELOW = 10_000_00  # fen


def compact(number: int) -> str:
    """1,234 as it is, 1,234,567 as 1.23 M, or 123.46 万 in Chinese."""
    chinese = (get_language() or "").startswith("zh")
    for size, unit in _CHINESE if chinese else _WESTERN:
        if abs(number) >= size and (chinese or abs(number) >= 10_000):
            return f"{number / size:.2f}".rstrip("0").rstrip(".") + f" {unit}"
    return f"{number:,}"


def yuan(amount: int) -> str:
    """Fen as yuan, exact when it is short: 1,234.50, or 2.35 M."""
    if abs(amount) < _EXACT_BELOW:
        return format_yuan(amount)
    return compact(round(amount / 100))


def percent(part: int, whole: int) -> str:
    """A part of a whole, in whole percent; a dash of nothing."""
    return f"{100 * part / whole:.0f} %" if whole else "-"
