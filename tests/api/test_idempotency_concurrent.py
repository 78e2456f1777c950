"""The same key from several connections at once: one effect, and the same answer for all."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from cbdc.api.answers import Answer
from cbdc.api.idempotency import idempotent
from cbdc.api.models import IdempotencyRecord
from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from tests.api.urls import effects, take_effect

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_S = 10.0


def call(
    action: Callable[[], Answer], settle: Callable[[Answer, int], Answer] | None = None
) -> HttpResponse:
    """One POST with the key "key-1", on a connection of its own thread."""
    request = RequestFactory().post(
        "/api/v1/x",
        b"{}",
        content_type="application/json",
        headers={"Idempotency-Key": "key-1", "Prefer": "wait=5"},
    )
    try:
        return idempotent(request, caller="alice", action=action, settle=settle)
    finally:
        connection.close()


class Gate:
    """An action that stops in the middle, after its effect, until it is let go."""

    def __init__(self, outcome: Callable[[], Answer]) -> None:
        self.outcome = outcome
        self.inside = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> Answer:
        take_effect()
        self.inside.set()
        assert self.go.wait(WAIT_S)
        return self.outcome()


def paid() -> Answer:
    return Answer(201, {"paid": True})


def pays() -> Answer:
    take_effect()
    return paid()


def refuses() -> Answer:
    raise Problem(ErrorCode.INSUFFICIENT_FUNDS)


def crashes() -> Answer:
    raise RuntimeError("crash")


def wait_until_blocked() -> None:
    """Until another connection waits for a lock: that is the second call, on the index."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO api_idempotency%'"
            )
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.02)
    raise AssertionError("the second call did not wait")


def first_and_second(
    outcome: Callable[[], Answer], second: Callable[[], Answer]
) -> tuple["Future[HttpResponse]", "Future[HttpResponse]"]:
    gate = Gate(outcome)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(call, gate)
        assert gate.inside.wait(WAIT_S)
        other = pool.submit(call, second)
        wait_until_blocked()
        gate.go.set()
    return first, other


def test_second_call_waits_for_the_first_and_replays_it() -> None:
    first, second = first_and_second(paid, pays)
    assert second.result().content == first.result().content
    assert second.result()["Idempotency-Replayed"] == "true"
    assert effects() == 1


def test_second_call_runs_by_itself_when_the_first_crashed() -> None:
    first, second = first_and_second(crashes, pays)
    with pytest.raises(RuntimeError):
        first.result()
    assert second.result().status_code == 201
    assert "Idempotency-Replayed" not in second.result()
    assert effects() == 1


def test_refusal_and_second_call_agree_on_one_answer() -> None:
    """The refusal's rollback frees the key, so the second may decide; both then say the same."""
    first, second = first_and_second(refuses, pays)
    assert first.result().status_code == second.result().status_code
    assert first.result().content == second.result().content
    assert effects() == (1 if first.result().status_code == 201 else 0)


def test_twenty_calls_at_once_take_effect_once() -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: call(pays), range(20)))
    assert {answer.content for answer in answers} == {b'{"paid":true}'}
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    assert effects() == 1


def test_replay_waits_while_the_first_call_waits_for_the_final_status() -> None:
    settling, go = threading.Event(), threading.Event()

    def settle(answer: Answer, wait_s: int) -> Answer:
        settling.set()
        assert go.wait(WAIT_S)
        return Answer(201, {"paid": True, "status": "completed"})

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(call, pays, settle)
        assert settling.wait(WAIT_S)
        second = pool.submit(call, pays)
        threading.Event().wait(0.3)
        assert not second.done()
        go.set()
        assert second.result(WAIT_S).content == first.result(WAIT_S).content
    assert b"completed" in second.result().content
    assert effects() == 1


def test_replay_after_a_crash_while_settling_answers_what_was_committed() -> None:
    def crash(answer: Answer, wait_s: int) -> Answer:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        call(pays, crash)
    IdempotencyRecord.objects.update(settling_until=now() - timedelta(seconds=1))
    assert call(pays).content == b'{"paid":true}'
    assert effects() == 1


def test_nothing_is_answered_inside_a_transaction_of_someone_else() -> None:
    """INV-5: the answer must mean that it is committed."""
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        idempotent(
            RequestFactory().post("/x", b"", content_type="", headers={"Idempotency-Key": "k"}),
            caller="alice",
            action=pays,
        )


def test_victim_of_a_deadlock_begins_again_and_takes_effect_once() -> None:
    """Two transactions lock two things crosswise; PostgreSQL ends ours, which then succeeds."""
    tries: list[int] = []
    ours, theirs = threading.Event(), threading.Event()

    def lock(number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])

    def action() -> Answer:
        tries.append(1)
        if len(tries) == 1:
            lock(1)
            ours.set()
            assert theirs.wait(WAIT_S)
            with connection.cursor() as cursor:  # whose wait is the longer one is no victim
                cursor.execute("SET LOCAL deadlock_timeout = '50ms'")
            lock(2)
        return Answer(201, {"effects": take_effect()})

    def other() -> None:
        try:
            with transaction.atomic():
                lock(2)
                assert ours.wait(WAIT_S)
                theirs.set()
                lock(1)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        crossing = pool.submit(other)
        answer = call(action)
        crossing.result(WAIT_S)
    assert (answer.status_code, len(tries), effects()) == (201, 2, 1)
