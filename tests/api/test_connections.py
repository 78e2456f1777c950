"""A connection that the server ended is replaced before the next request needs it."""

import time

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)


def _backend(database: BaseDatabaseWrapper) -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_live_connection_is_usable_and_keeps_its_backend() -> None:
    before = _backend(connection)
    assert connection.is_usable()
    assert _backend(connection) == before


def test_a_connection_that_the_server_ended_is_not() -> None:
    ended = _backend(connection)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [ended])
            while cursor.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [ended]).rowcount:
                time.sleep(0.01)
    finally:
        other.close()
    assert not connection.is_usable()
    connection.health_check_enabled = True  # type: ignore[attr-defined]
    connection.health_check_done = False  # type: ignore[attr-defined]
    assert _backend(connection) != ended
