"""Prepared statements past Django's cursors, for the calls that are made most.

Django's own cursors write parameters into the text of a statement, so that PostgreSQL parses and
plans it anew each time.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def one_row(statement: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row that a statement answers, in the caller's transaction or its own."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw: psycopg.Connection[Any] = connection.connection
        with psycopg.Cursor(raw) as cursor:
            cursor.execute(statement, parameters, prepare=True)
            row: tuple[Any, ...] | None = cursor.fetchone()
    return row
