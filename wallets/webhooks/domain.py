"""The rules of a delivery: when it is tried again, when it ends, when its endpoint rests."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from wallets.webhooks.models import Delivery

# After the first attempt, the second, …: 75 h 35 min in all, as Standard Webhooks advises.
RETRY_AFTER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1  # each delay is longer by up to this share, so that retries do not come in step
# For what waited behind others and never had its attempts: above the table's sum with jitter.
GIVE_UP_AFTER = timedelta(days=4)
GONE = 410
BUSY = frozenset({429, 502, 503, 504})  # says of the receiver, not of the event
REST_FIRST = timedelta(seconds=1)
REST_MAX = timedelta(seconds=60)
DOUBLINGS_MAX = 10

_random = random.Random()  # noqa: S311 - spreads retries, guards nothing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: the status of an answer, or else the kind of the error."""

    at: datetime
    ms: int
    status: int | None = None
    error: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The receiver wants no more, ever."""
        return self.status == GONE

    @property
    def away(self) -> bool:
        """The receiver cannot take anything now: others of its queue would fare no better."""
        return self.status is None or self.status in BUSY

    @property
    def words(self) -> str:
        """For people; empty for a success."""
        if self.succeeded:
            return ""
        return self.error if self.status is None else f"HTTP {self.status}"


def verdict(outcome: Outcome, *, attempts: int) -> tuple[Delivery.State, datetime]:
    """The state after this attempt, and when a due one is tried again.

    `attempts` counts the ones before it.
    """
    if outcome.succeeded:
        return Delivery.State.SENT, outcome.at
    if outcome.gone:
        return Delivery.State.ENDED, outcome.at
    if attempts >= len(RETRY_AFTER):
        return Delivery.State.GIVEN_UP, outcome.at
    jitter = 1 + JITTER * _random.random()
    return Delivery.State.DUE, outcome.at + RETRY_AFTER[attempts] * jitter


def rest(failures: int) -> timedelta:
    """How long an endpoint is left in peace after so many failures in a row; doubled each time."""
    return min(REST_FIRST * (1 << min(failures - 1, DOUBLINGS_MAX)), REST_MAX)
