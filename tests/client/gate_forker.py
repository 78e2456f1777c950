"""`python -m tests.client.gate_forker`: starts gates as processes of their own, in milliseconds.

Reads jobs as JSON, one a line; forks a process for each, which runs the gate's own command line
with its own SQLite file, and answers `{"pid": …}` and, when it has ended, `{"status": …}`.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import RawIOBase
from pathlib import Path
from typing import Any

from cbdc import clock
from cbdc.client.gate import store, taps
from cbdc.client.gate.cli import parse, run

ROWS_OF_A_WRITE = 2  # so that an answer is settled in several


class Scanner(RawIOBase):
    """Gives readings one by one, and lets time pass before each."""

    def __init__(self, readings: list[str], pass_time: Any) -> None:
        self._readings = iter(readings)
        self._pass_time = pass_time

    def readline(self, size: int | None = -1, /) -> bytes:
        self._pass_time()
        return f"{line}\n".encode() if (line := next(self._readings, "")) else b""


def main() -> None:
    """Until there are no more jobs."""
    for line in sys.stdin:
        job = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _be_a_gate(job)
        print(json.dumps({"pid": pid}), flush=True)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)


def _be_a_gate(job: dict[str, Any]) -> None:
    status = 99
    try:
        taps.ROWS_MAX = ROWS_OF_A_WRITE
        sys.stderr = open(job["log"], "a")  # noqa: SIM115 - until the process ends
        with Path(job["out"]).open("a") as out, _clock(job) as pass_time:
            if job["die_at"] is not None:
                _die_at(job["die_at"])
            status = run(parse(job["options"]), Scanner(job["readings"], pass_time), out)  # type: ignore[arg-type]
    finally:
        os._exit(status)


@contextmanager
def _clock(job: dict[str, Any]) -> Iterator[Any]:
    """A clock that begins at a moment and moves with each reading, or the machine's."""
    if job["begins"] is None:
        yield lambda: None
        return
    moment = datetime.fromisoformat(job["begins"]).astimezone(UTC)

    def pass_time() -> None:
        nonlocal moment
        moment += timedelta(seconds=job["step_s"])

    with clock.injected(lambda: moment):
        yield pass_time


def _die_at(statement: int) -> None:
    """Be killed when SQLite is about to run its so-manieth statement, whichever thread's."""
    left, lock, connect = statement, threading.Lock(), store._connect

    def count(_: str) -> None:
        nonlocal left
        with lock:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def counted(path: Path) -> Any:
        connection = connect(path)
        connection.set_trace_callback(count)
        return connection

    store._connect = counted


if __name__ == "__main__":
    main()
