"""Idempotency-Key: one effect per caller and key, and the first answer again (API.md).

The record is inserted first, in the transaction of the effect. A concurrent call with the
same key waits on the unique index until that transaction ends, and then replays its answer
or, when it was rolled back, runs the action itself.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from psycopg.errors import DeadlockDetected
from rest_framework.request import Request

from cbdc.api.answers import PROBLEM_STATUS_MIN, Answer, json_response, json_text
from cbdc.api.models import IdempotencyRecord
from cbdc.api.parsing import header, json_object, plain_request, read_body
from cbdc.api.prefer import WAIT_MAX_S, poll, preferred_wait_s
from cbdc.api.sealing import fingerprint, seal, unseal
from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem

RETENTION = timedelta(hours=24)
PURGE_BATCH = 10_000
DEADLOCK_TRIES = 3
REPLAYED_HEADER = "Idempotency-Replayed"
# Refusals that say nothing about the key: who calls, how often, and bytes that cannot be read.
NOT_STORED = frozenset({400, 401, 413, 415, 429})

KEY_PATTERN = "[ -~]{1,64}"

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_KEY = re.compile(KEY_PATTERN, re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """A caller's key, and the keyed hash of what came with it."""

    caller: str
    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, request: HttpRequest | Request, caller: str) -> "Call":
        """What a request says. A key that was used goes before a body that cannot be read.

        Raises:
            Problem: idempotency_key_missing, idempotency_key_reused, and those of the body.
        """
        plain = plain_request(request)
        key = idempotency_key(plain)
        try:
            return cls(caller, key, _fingerprint(plain))
        except Problem as problem:
            if _record(cls(caller, key, b"")) is not None:
                raise _reused() from problem
            raise

    @property
    def place(self) -> str:
        """Where its answer is kept: it opens nowhere else."""
        return f"{self.caller}\n{self.key}"

    def sealed(self, answer: Answer) -> str:
        """The answer as its record keeps it."""
        return seal(json_text(answer.body), place=self.place)


def idempotent(
    request: HttpRequest | Request,
    *,
    caller: str,
    action: Callable[[], Answer],
    settle: Callable[[Answer, int], Answer] | None = None,
) -> HttpResponse:
    """Run `action` once for this caller and key, and answer that for ever (at least 24 h).

    `action` runs in a transaction that commits with the record, and again after a deadlock, so
    it must begin from nothing each time. A Problem that it raises
    rolls its effect back and is stored as the answer; 400, 401, 413, 415, 429 and 5xx are
    not stored. `settle(answer, wait_s)`, with `Prefer: wait=N`, is called after the commit,
    outside any transaction, to wait for the final answer, which then replaces the first.

    Raises:
        Problem: idempotency_key_missing, idempotency_key_reused, and what is not stored.
    """
    call = Call.of(request, caller)
    wait_s = preferred_wait_s(request) if settle is not None else 0
    try:
        answer = _perform(call, action, wait_s)
    except Problem as problem:
        if not _is_stored(problem.error.status):
            raise
        answer = Answer.of(problem)
        if not _insert(call, answer.status, call.sealed(answer)):
            answer = None
    if answer is None:
        return _replay(call)
    if settle is not None and wait_s and answer.status < PROBLEM_STATUS_MIN:
        answer = settle(answer, wait_s)
        _store(call, answer, settling_until=None)
    return json_response(answer.status, json_text(answer.body))


def purge_records(*, before: datetime | None = None) -> int:
    """Delete records past their retention, at most a batch; how many went."""
    limit = before or now() - RETENTION
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM api_idempotencyrecord WHERE ctid = ANY(ARRAY("
            "SELECT ctid FROM api_idempotencyrecord WHERE created_at < %s"
            " ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED))",
            [limit, PURGE_BATCH],
        )
        return int(cursor.rowcount)


def _perform(call: Call, action: Callable[[], Answer], wait_s: int) -> Answer | None:
    """`_perform_once`, again when it was the victim of a deadlock: nothing of it happened."""
    for _ in range(DEADLOCK_TRIES - 1):
        try:
            return _perform_once(call, action, wait_s)
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    return _perform_once(call, action, wait_s)


def _perform_once(call: Call, action: Callable[[], Answer], wait_s: int) -> Answer | None:
    """Record and effect in one transaction; None when the key is taken."""
    with transaction.atomic(durable=True):
        if not _insert(call, status=0, text=""):
            return None
        answer = action()
        if _is_stored(answer.status):
            _store(call, answer, now() + timedelta(seconds=wait_s) if wait_s else None)
        else:
            transaction.set_rollback(True)
        return answer


def _is_stored(status: int) -> bool:
    return status < 500 and status not in NOT_STORED


def _insert(call: Call, status: int, text: str) -> bool:
    """False when the key is taken, which waits for the transaction that is taking it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO api_idempotencyrecord"
            " (caller, key, fingerprint, status, answer, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [call.caller, call.key, call.fingerprint, status, text, now()],
        )
        return int(cursor.rowcount) == 1


def _store(call: Call, answer: Answer, settling_until: datetime | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE api_idempotencyrecord SET status = %s, answer = %s, settling_until = %s"
            " WHERE caller = %s AND key = %s",
            [answer.status, call.sealed(answer), settling_until, call.caller, call.key],
        )


def _record(call: Call) -> IdempotencyRecord | None:
    return IdempotencyRecord.objects.filter(caller=call.caller, key=call.key).first()


def _replay(call: Call) -> HttpResponse:
    """The first answer, once the first call has stopped waiting for a final one."""
    started = time.monotonic()

    def settled() -> IdempotencyRecord | None:
        record = _record(call)
        if record is None:
            raise Problem(ErrorCode.INSTITUTION_UNAVAILABLE, headers={"Retry-After": "1"})
        if bytes(record.fingerprint) != call.fingerprint:
            raise _reused()
        waits = record.settling_until is not None and record.settling_until > now()
        return None if waits and time.monotonic() - started < WAIT_MAX_S else record

    record = poll(settled, WAIT_MAX_S + 1)
    assert record is not None  # noqa: S101 - `settled` gives one before the poll ends
    response = json_response(record.status, unseal(record.answer, place=call.place))
    response[REPLAYED_HEADER] = "true"
    return response


def idempotency_key(request: HttpRequest | Request) -> str:
    """The key that the caller sends.

    Raises:
        Problem: idempotency_key_missing, malformed_request.
    """
    key = header(request, "Idempotency-Key")
    if not key:
        raise Problem(ErrorCode.IDEMPOTENCY_KEY_MISSING)
    if not _KEY.fullmatch(key):
        raise Problem(
            ErrorCode.MALFORMED_REQUEST, "Idempotency-Key has 1 to 64 printable ASCII characters."
        )
    return key


def _fingerprint(request: HttpRequest) -> bytes:
    body = json_object(request) if read_body(request) else None
    canonical = _CANONICAL.encode(body)
    return fingerprint(f"{request.method}\n{request.path}\n{canonical}".encode())


def _reused() -> Problem:
    return Problem(
        ErrorCode.IDEMPOTENCY_KEY_REUSED, "This key was used for another request of yours."
    )
