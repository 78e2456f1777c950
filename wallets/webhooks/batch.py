"""An endpoint's turn: the requests that are in the air for it, and what they teach."""

import logging
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass

from wallets.webhooks import queue
from wallets.webhooks.domain import Outcome
from wallets.webhooks.queue import SLOW_MS, Taken
from wallets.webhooks.sending import Letter

logger = logging.getLogger(__name__)
ENDPOINT_FLIGHTS_MAX = 4  # to one endpoint, while it answers at once
BATCH_S = 10.0  # no request of a batch begins later


@dataclass(frozen=True, slots=True)
class Flight:
    """A request in the air."""

    letter: Letter
    begun: float
    future: "Future[Outcome]"


class Batch:
    """What is due to an endpoint that this worker has taken."""

    def __init__(self, taken: Taken) -> None:
        self.taken = taken
        self.waiting = deque(taken.letters)
        self.flights: list[Flight] = []
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
