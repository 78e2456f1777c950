"""Delivering the outbox: what waits for a peer goes out in batches until nothing waits.

Messages that are committed while a batch is under way gather into the next one, so batches grow
with the load, and a single message leaves at once.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from django.db import connection

from cbdc.clock import now
from cbdc.messaging import links, outbox
from cbdc.messaging.exchange import (
    PATH,
    DeliveryError,
    HttpAnswer,
    exchange,
    may_overlap,
    set_transport,
)
from cbdc.messaging.lanes import Lane
from cbdc.messaging.models import Link
from cbdc.messaging.outbox import Due
from cbdc.messaging.selectors import PeerInfo, peer
from cbdc.protocol.envelope import BatchAnswer

__all__ = ["PATH", "DeliveryError", "HttpAnswer", "deliver_due", "set_transport"]

logger = logging.getLogger(__name__)
BATCH_MAX = 1000  # messages, signed once
BATCH_BYTES_MAX = 2 * 2**20  # half of what a peer reads
FLIGHTS_MAX = 4  # batches under way to one peer at once
LOOK_EVERY_S = 0.005  # while awake
AWAKE_S = 1.0  # promised at a time. The sweep knows no promises
RUN_MAX_S = 20.0  # of one run; the next one takes over
HANDOVER_TRIES = 4  # whoever holds the lane may have looked for the last time already
HANDOVER_S = 0.02


_closing = threading.Event()


def wind_down() -> None:
    """This process is about to end: start no more batches. What waits, waits in the outbox."""
    _closing.set()


def deliver_due(to: str, lane: Lane | None = None, *, linger_s: float = 0.0) -> int:
    """Send what is due to one peer, in one lane or in each; returns how many it now has.

    Stops when the peer does not take a batch, and stays away while it rests. With `linger_s` it
    goes on looking until nothing came for that long.
    """
    recipient = peer(to)
    if recipient is None:
        logger.error("messages are due to %s, which is no peer", to)
        return 0
    lanes = list(Lane) if lane is None else [lane]
    return sum(_deliver_lane(recipient, one, linger_s) for one in lanes)


def _deliver_lane(recipient: PeerInfo, lane: Lane, linger_s: float) -> int:
    for _ in range(HANDOVER_TRIES if linger_s else 1):
        with links.only_one(recipient.code, lane) as alone:
            if alone:
                row = links.link(recipient.code, lane)
                if row.retry_at is not None and row.retry_at > now():
                    return 0
                return _Run(recipient, lane, row, linger_s).run()
        if links.needs_no_bell(recipient.code, lane):
            return 0
        time.sleep(HANDOVER_S)
    return 0


class _Run:
    """One worker's turn with a lane."""

    def __init__(self, recipient: PeerInfo, lane: Lane, row: Link, linger_s: float) -> None:
        self.recipient = recipient
        self.lane = lane
        self.row = row
        self.linger_s = linger_s
        self.delivered = 0
        self.pool: ThreadPoolExecutor | None = None

    def run(self) -> int:
        """Until nothing waits, the peer does not answer, or the turn is over."""
        ends = time.monotonic() + RUN_MAX_S
        busy_at = time.monotonic()
        try:
            while time.monotonic() < ends and not _closing.is_set():
                if self.linger_s and time.monotonic() - busy_at < self.linger_s:
                    self._stay_awake()
                if self._send_wave():
                    if self.row.failures:
                        break
                    busy_at = time.monotonic()
                elif self._awake_s() > 0:
                    time.sleep(LOOK_EVERY_S)
                else:
                    break
        finally:
            if self.pool is not None:
                self.pool.shutdown()
        if self._awake_s() > 0:
            links.fall_asleep(self.row)
        return self.delivered

    def _awake_s(self) -> float:
        """How long the promise to look still holds."""
        promised = self.row.awake_until
        return (promised - now()).total_seconds() if promised is not None else 0.0

    def _stay_awake(self) -> None:
        """Renewed when half of the promise is used up."""
        if self._awake_s() < AWAKE_S / 2:
            links.stay_awake(self.row, AWAKE_S)

    def _send_wave(self) -> bool:
        """Send what is due now, several batches at once if it is much; False: nothing was."""
        flights = FLIGHTS_MAX if may_overlap() and not self.row.failures else 1
        # After a failure carefully: whatever it was that the peer choked on goes alone in the end.
        size = max(BATCH_MAX >> min(self.row.failures, 10), 1)
        rows = outbox.due(self.recipient.code, self.lane, size * flights)
        if not rows:
            return False
        if connection.in_atomic_block:
            raise RuntimeError("a transaction is never open across HTTP")
        for batch, outcome in self._fly(_batches(rows, size)[:flights]):
            self._land(batch, outcome)
        return True

    def _fly(
        self, batches: list[list[Due]]
    ) -> Iterator[tuple[list[Due], BatchAnswer | DeliveryError]]:
        """Send batches at once, each in a thread, and keep the promise alive meanwhile."""
        if not may_overlap():
            yield from ((batch, _attempt(self.recipient, batch)) for batch in batches)
            return
        if self.pool is None:
            self.pool = ThreadPoolExecutor(FLIGHTS_MAX)
        flights = [self.pool.submit(_attempt, self.recipient, batch) for batch in batches]
        for batch, flight in zip(batches, flights, strict=True):
            while not wait([flight], timeout=AWAKE_S / 4).done:
                if self.linger_s:
                    self._stay_awake()
            yield batch, flight.result()

    def _land(self, batch: list[Due], outcome: BatchAnswer | DeliveryError) -> None:
        """Write down what came of a batch."""
        if isinstance(outcome, BatchAnswer):
            links.succeeded(self.row)
            self.delivered += outbox.close(batch, outcome)
            return
        logger.info("%d messages to %s wait: %s", len(batch), self.recipient.code, outcome)
        if outcome.refused and len(batch) == 1:
            # The answer is not signed: it may be of a proxy on the way, which comes to its senses.
            outbox.failed_at(batch, str(outcome))
        elif outcome.refused:
            for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
                self._land(half, _attempt(self.recipient, half))
        else:
            if outcome.answered:
                outbox.postpone(batch, str(outcome))
            links.failed(self.row, str(outcome))


def _attempt(recipient: PeerInfo, batch: list[Due]) -> BatchAnswer | DeliveryError:
    try:
        return exchange(recipient, batch)
    except DeliveryError as error:
        return error


def _batches(rows: Sequence[Due], size: int) -> list[list[Due]]:
    """Cut where a batch would hold more than `size` messages, or too many bytes."""
    batches: list[list[Due]] = []
    length = 0
    for row in rows:
        length += len(row.body)
        if not batches or len(batches[-1]) == size or length > BATCH_BYTES_MAX:
            batches.append([])
            length = len(row.body)
        batches[-1].append(row)
    return batches
