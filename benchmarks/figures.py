"""Percentiles and tables of measurements."""

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the sorted `values` do not exceed; NaN without values."""
    if not values:
        return math.nan
    return values[max(math.ceil(share * len(values)), 1) - 1]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table; every column but the first is right-aligned."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
