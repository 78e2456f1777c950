"""A run: what is due goes out, many endpoints at once, until nothing is due.

One run at a time serves a process, in one slot of its worker, whatever the receivers do. Requests
fly in threads; the rows are read and written in the run's own. An endpoint has one request in the
air, or a few while it answers at once; and who is slow has room of its own, so that who answers
at once never waits for a thread behind who does not.
"""

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from django.db import connection

from wallets.webhooks import bell, queue
from wallets.webhooks.domain import Outcome
from wallets.webhooks.queue import SLOW_MS, Taken
from wallets.webhooks.sending import Letter, attempt

logger = logging.getLogger(__name__)
QUICK_MAX = 16  # requests in the air to endpoints that answer at once
SLOW_MAX = 24  # and to those that were slow, or were never tried
FLIGHTS_MAX = 64  # in all: room for quick ones that have just turned slow
ENDPOINT_FLIGHTS_MAX = 4  # to one endpoint, while it answers at once
BATCH_S = 10.0  # no request of a batch begins later
RUN_MAX_S = 20.0  # of taking new ones; the next run takes over
LOOK_EVERY_S = 0.1  # while something is in the air, or has just been

_turn = threading.Lock()
_closing = threading.Event()


def wind_down() -> None:
    """This process is about to end: begin nothing more. What waits, waits in the queues."""
    _closing.set()


def deliver_due(*, linger_s: float = 0.0) -> int:
    """Send what is due; returns how many were sent.

    Returns at once when another thread of this process is doing so: that one will look again.
    With `linger_s` it goes on looking until nothing came for that long.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a transaction is never open across HTTP")
    sent = 0
    bell.pressed.set()
    while bell.pressed.is_set() and not _closing.is_set() and _turn.acquire(blocking=False):
        run = _Run(linger_s)
        try:
            bell.pressed.clear()
            time_is_over = run.serve()
        finally:
            _turn.release()  # another run may begin while this one's last requests are in the air
            run.finish()
        sent += run.sent
        if time_is_over:
            break
    return sent


@dataclass(frozen=True, slots=True)
class _Flight:
    letter: Letter
    begun: float
    future: "Future[Outcome]"


class _Batch:
    """An endpoint's turn."""

    def __init__(self, taken: Taken) -> None:
        self.taken = taken
        self.waiting = deque(taken.letters)
        self.flights: list[_Flight] = []
        self.ends = time.monotonic() + BATCH_S
        self.failures = taken.failures
        self.last_ms: int | None = None
        self.flights_max = 1  # until an answer of this batch came at once
        self.stopped = False
        self.away = False
        self.gone = False

    def may_fly(self) -> bool:
        """Whether another request may begin."""
        if self.stopped or not self.waiting or time.monotonic() >= self.ends:
            return False
        return len(self.flights) < self.flights_max

    def over(self) -> bool:
        return not self.flights and not self.may_fly()

    def in_the_way(self) -> int:
        """Requests that count in the endpoint's lane: a quick one's do not once they are slow."""
        if self.taken.slow:
            return len(self.flights)
        turned_slow = time.monotonic() - SLOW_MS / 1000
        return sum(flight.begun > turned_slow for flight in self.flights)

    def landed(self) -> list[tuple[Letter, Outcome]]:
        """What has come back since the last call, and what the rest of the batch learns of it."""
        done = [flight for flight in self.flights if flight.future.done()]
        self.flights = [flight for flight in self.flights if flight not in done]
        outcomes = [(flight.letter, flight.future.result()) for flight in done]
        for _, outcome in outcomes:
            self.last_ms = max(self.last_ms or 0, outcome.ms)
            self.gone |= outcome.gone
            self.away |= outcome.away
            self.failures = self.failures + 1 if outcome.away else 0
            self.stopped |= outcome.away or outcome.gone
            if not self.taken.slow and outcome.ms <= SLOW_MS:
                self.flights_max = ENDPOINT_FLIGHTS_MAX
        return outcomes

    def close(self) -> None:
        """Leave the endpoint to the next worker."""
        if self.gone:
            queue.disable(self.taken.endpoint_id)
            logger.warning("endpoint %s is gone", self.taken.endpoint_id)
        rests = self.away and self.failures > 0
        queue.release(self.taken, failures=self.failures, rests=rests, last_ms=self.last_ms)


class _Run:
    """One worker's turn with the queues."""

    def __init__(self, linger_s: float) -> None:
        self.linger_s = linger_s
        self.batches: list[_Batch] = []
        self.sent = 0
        self.pool = ThreadPoolExecutor(FLIGHTS_MAX, thread_name_prefix="webhooks")

    def serve(self) -> bool:
        """Until nothing is due and all has landed; or until the time is over: True."""
        ends = time.monotonic() + RUN_MAX_S
        quiet_at = time.monotonic()
        while not _closing.is_set():
            if self._land():
                quiet_at = time.monotonic() + self.linger_s
            if time.monotonic() >= ends:
                bell.ring_now()
                return True
            self._take()
            self._fly()
            if not self.batches and time.monotonic() >= quiet_at:
                return False
            bell.pressed.wait(LOOK_EVERY_S)
            bell.pressed.clear()
        return True

    def finish(self) -> None:
        """Let what is in the air land, and begin nothing."""
        try:
            for batch in self.batches:
                batch.stopped = True
            while self.batches:
                wait([flight.future for batch in self.batches for flight in batch.flights])
                self._land()
        finally:
            self.pool.shutdown(wait=False)

    def _room(self, *, slow: bool) -> int:
        """How many requests of that lane may begin."""
        lane = sum(batch.in_the_way() for batch in self.batches if batch.taken.slow == slow)
        flying = sum(len(batch.flights) for batch in self.batches)
        return max(min((SLOW_MAX if slow else QUICK_MAX) - lane, FLIGHTS_MAX - flying), 0)

    def _take(self) -> None:
        for slow in (False, True):
            if room := self._room(slow=slow):
                for taken in queue.claim(slow=slow, limit=room):
                    batch = _Batch(taken)
                    self.batches.append(batch)
                    self._begin(batch)

    def _fly(self) -> None:
        """Fill the room: a request for each endpoint that may have one, then the next for each."""
        for slow in (False, True):
            ready = deque(batch for batch in self.batches if batch.taken.slow == slow)
            while ready and self._room(slow=slow):
                batch = ready.popleft()
                if batch.may_fly():
                    self._begin(batch)
                    ready.append(batch)

    def _begin(self, batch: _Batch) -> None:
        if not batch.may_fly():
            return
        letter = batch.waiting.popleft()
        future = self.pool.submit(attempt, batch.taken.url, letter, batch.taken.secrets)
        future.add_done_callback(lambda _: bell.pressed.set())
        batch.flights.append(_Flight(letter, time.monotonic(), future))

    def _land(self) -> bool:
        """Write down what has come back; False: nothing has."""
        outcomes = [pair for batch in self.batches for pair in batch.landed()]
        if outcomes:
            queue.write_down(outcomes)
            self.sent += sum(outcome.succeeded for _, outcome in outcomes)
        for letter, outcome in outcomes:
            if not outcome.succeeded:
                logger.info("delivery %d: %s", letter.delivery_id, outcome.words)
        over = [batch for batch in self.batches if batch.over()]
        self.batches = [batch for batch in self.batches if batch not in over]
        for batch in over:
            batch.close()
        return bool(outcomes)
