"""What PostgreSQL itself says when it cannot, and what the API makes of it."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from tests.api.support import code_of
from tests.api.urls import STRANGE_ERRORS

pytestmark = pytest.mark.django_db(transaction=True)


def run(*statements: str, pause_s: float = 0.0) -> None:
    """Some statements, in the transaction that is open or in one of their own."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            time.sleep(pause_s)


def statement_timeout() -> None:
    run("SET LOCAL statement_timeout = '20ms'", "SELECT pg_sleep(5)")


def lock_timeout() -> None:
    def hold() -> None:
        with transaction.atomic():
            run("SELECT pg_advisory_xact_lock(77)")
            held.set()
            done.wait(10)
        connection.close()

    held, done = threading.Event(), threading.Event()
    other = threading.Thread(target=hold)
    other.start()
    try:
        assert held.wait(5)
        run("SET LOCAL lock_timeout = '20ms'", "SELECT pg_advisory_xact_lock(77)")
    finally:
        done.set()
        other.join()


def deadlock() -> None:
    both = threading.Barrier(2)
    failures: list[DatabaseError] = []

    def lock(first: int, second: int) -> None:
        with transaction.atomic():
            run(f"SELECT pg_advisory_xact_lock({first})")
            both.wait(10)
            run(f"SELECT pg_advisory_xact_lock({second})")

    def other_way() -> None:
        try:
            lock(79, 78)
        except DatabaseError as error:
            failures.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=other_way)
    other.start()
    try:
        lock(78, 79)
    finally:
        other.join()
    raise failures[0]


def idle_in_transaction() -> None:
    run("SET LOCAL idle_in_transaction_session_timeout = '20ms'", "SELECT 1", pause_s=0.2)


def given_up_by_the_ledger() -> None:
    run("DO $$ BEGIN RAISE EXCEPTION 'met again' USING ERRCODE = 'LK001'; END $$")


def error_of(cause: Callable[[], None]) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        cause()
    connection.close()
    return caught.value


@pytest.mark.parametrize(
    "cause",
    [statement_timeout, lock_timeout, deadlock, idle_in_transaction, given_up_by_the_ledger],
)
def test_a_wait_that_was_ended_is_worth_a_retry(
    client: Client, monkeypatch: pytest.MonkeyPatch, cause: Callable[[], None]
) -> None:
    monkeypatch.setitem(STRANGE_ERRORS, "database", error_of(cause))
    response = client.get("/api/v1/strange/database")
    assert (response.status_code, code_of(response)) == (503, "institution_unavailable")
    assert response["Retry-After"] == "1"


def test_a_fault_of_ours_in_the_database_stays_one(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = error_of(lambda: run("SELECT 1 / 0"))
    monkeypatch.setitem(STRANGE_ERRORS, "database", error)
    assert code_of(client.get("/api/v1/strange/database")) == "internal_error"
