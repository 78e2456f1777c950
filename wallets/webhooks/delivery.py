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
from concurrent.futures import ThreadPoolExecutor, wait

from django.db import connection

from wallets.webhooks import bell, queue
from wallets.webhooks.batch import Batch, Flight
from wallets.webhooks.sending import attempt

logger = logging.getLogger(__name__)
QUICK_MAX = 16  # requests in the air to endpoints that answer at once
SLOW_MAX = 24  # and to those that were slow, or were never tried
FLIGHTS_MAX = 64  # in all: room for quick ones that have just turned slow
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


class _Run:
    """One worker's turn with the queues."""

    def __init__(self, linger_s: float) -> None:
        self.linger_s = linger_s
        self.batches: list[Batch] = []
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
                    batch = Batch(taken)
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

    def _begin(self, batch: Batch) -> None:
        if not batch.may_fly():
            return
        letter = batch.waiting.popleft()
        future = self.pool.submit(attempt, batch.taken.url, letter, batch.taken.secrets)
        future.add_done_callback(lambda _: bell.pressed.set())
        batch.flights.append(Flight(letter, time.monotonic(), future))

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
