"""Counting what waits, without reading all of it."""

from typing import Any

from django.db import connection, models

COUNT_MAX = 10_000  # beyond it, people need to know that it is more, and not how much more


def count(rows: models.QuerySet[Any]) -> int:
    """How many rows there are, at most COUNT_MAX + 1."""
    return rows.order_by()[: COUNT_MAX + 1].count()


def counts(*several: models.QuerySet[Any]) -> tuple[int, ...]:
    """`count` of each, in one query."""
    bounded = [
        rows.order_by().values_list(models.Value(1))[: COUNT_MAX + 1].query.sql_with_params()
        for rows in several
    ]
    # The texts are the ORM's own, with placeholders for every value.
    columns = ", ".join(f"(SELECT count(*) FROM ({sql}) few)" for sql, _ in bounded)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [value for _, given in bounded for value in given])
        row: tuple[int, ...] = cursor.fetchone()
    return row


def shown(number: int) -> str:
    """A bounded count in words: `1,234`, or `10,000+`."""
    return f"{COUNT_MAX:,}+" if number > COUNT_MAX else f"{number:,}"
