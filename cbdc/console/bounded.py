"""Counting what waits, without reading all of it."""

from typing import Any

from django.db import models

COUNT_MAX = 10_000  # beyond it, people need to know that it is more, and not how much more


def count(rows: models.QuerySet[Any]) -> int:
    """How many rows there are, at most COUNT_MAX + 1."""
    return rows.order_by()[: COUNT_MAX + 1].count()


def shown(number: int) -> str:
    """A bounded count in words: `1,234`, or `10,000+`."""
    return f"{COUNT_MAX:,}+" if number > COUNT_MAX else f"{number:,}"
