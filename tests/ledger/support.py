"""Ids of a month of one's own choice, and plain queries."""

import secrets
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection


def id_in(month: date, day: int = 15) -> UUID:
    """A new UUIDv7 of noon (UTC) of a day of that month."""
    moment = datetime(month.year, month.month, day, 12, tzinfo=UTC)
    head = int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62
    return UUID(int=head | secrets.randbits(62))


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a query answers."""
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
