"""Databases as they were before a test that commits: what it wrote is deleted, and nothing else.

Django truncates every table of every database and then "migrates", which takes seconds with three
institutions. Most tests write to few tables, and to none that migrations fill; only after one that
did, or that made or dropped a table, Django does it.
"""

from dataclasses import dataclass
from typing import Any

from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

# Of the ledger, which makes them itself: Django does not know them.
_UNKNOWN_TO_DJANGO = ["ledger_closed_month", "ledger_brought_forward", "ledger_counted_forward"]
_RELATIONS = "SELECT md5(string_agg(oid::text, ' ' ORDER BY oid)) FROM pg_class WHERE relkind = 'r'"


@dataclass(frozen=True, slots=True)
class Untouched:
    """A database after Django emptied it."""

    empty: tuple[str, ...]  # tables
    filled: dict[str, str]  # tables that migrations fill, and what they hold
    relations: str


_untouched: dict[str, Untouched] = {}


def install() -> None:
    """In the place of Django's own way."""
    TransactionTestCase._fixture_teardown = _fixture_teardown  # type: ignore[attr-defined]


def _fixture_teardown(case: Any) -> None:
    for alias in case._databases_names(include_mirrors=False):
        if not _delete_what_was_written(alias):
            call_command("flush", verbosity=0, interactive=False, database=alias)
            with connections[alias].cursor() as cursor:
                cursor.execute(f"TRUNCATE {', '.join(_UNKNOWN_TO_DJANGO)}")
                _forget_months_and_limits(cursor)
            _untouched[alias] = _look(connections[alias])


def _delete_what_was_written(alias: str) -> bool:
    """False: nothing was done, since more changed than rows of tables that were empty."""
    before = _untouched.get(alias)
    if before is None:
        return False
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0] or _relations(cursor) != before.relations:
            return False
        if any(_content(cursor, table) != held for table, held in before.filled.items()):
            return False
        written = _written(cursor, before.empty)
        if written:
            deletions = "; ".join(f'DELETE FROM "{table}"' for table in written)
            # Rows that only grow, and rows that others point at, are deleted too.
            cursor.execute(
                f"BEGIN; SET LOCAL session_replication_role = replica; {deletions}; COMMIT"
            )
        _forget_months_and_limits(cursor)
    return True


def _look(connection: BaseDatabaseWrapper) -> Untouched:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        filled = set(_written(cursor, tables))
        return Untouched(
            empty=(*(table for table in tables if table not in filled), *_UNKNOWN_TO_DJANGO),
            filled={table: _content(cursor, table) for table in sorted(filled)},
            relations=_relations(cursor),
        )


def _written(cursor: Any, tables: Any) -> list[str]:
    cursor.execute(
        " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables
        )
    )
    return [table for (table,) in cursor.fetchall()]


def _content(cursor: Any, table: str) -> str:
    cursor.execute(f"SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM \"{table}\" t")
    return str(cursor.fetchone()[0])


def _relations(cursor: Any) -> str:
    cursor.execute(_RELATIONS)
    return str(cursor.fetchone()[0])


def _forget_months_and_limits(cursor: Any) -> None:
    """Months that a test closed and limits that it published would hold for every later test."""
    cursor.execute(
        "SELECT FROM pg_constraint WHERE conname = 'inv_4_closed_months_stay_closed'"
        " AND conrelid = 'ledger_transfer_default'::regclass"
    )
    if cursor.fetchone() is not None:
        cursor.execute(
            "ALTER TABLE ledger_transfer_default DROP CONSTRAINT inv_4_closed_months_stay_closed"
        )
    cursor.execute("DELETE FROM ledger_limit WHERE effective_from > '2025-01-01'")
    if cursor.rowcount:
        cursor.execute("SELECT ledger_refresh_ceilings()")
