"""Looking at gates: a clock that a test moves, decisions in short, and what a store holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cbdc import clock
from cbdc.client.gate import Decision, Gate, Opened, Store

NOON = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    moment: datetime = NOON

    def forward(self, **time: float) -> None:
        self.moment += timedelta(**time)


@contextmanager
def standing_clock() -> Iterator[Clock]:
    """This process's clock, while the block runs."""
    standing = Clock()
    with clock.injected(lambda: standing.moment):
        yield standing


def short(decision: Decision) -> str:
    """ "open", "again", or the reason."""
    if isinstance(decision, Opened):
        return "again" if decision.again else "open"
    return decision.reason.value


def opened(gate: Gate, text: str) -> str:
    """The id of the tap for which the gate opened."""
    decision = gate.show(text)
    assert isinstance(decision, Opened), decision
    return decision.tap_id


def kept(store: Store, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of every tap, in the order in which they were kept."""
    cursor = store.connection.execute("SELECT * FROM tap ORDER BY seq")
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return [tuple(row[name] for name in columns) for row in rows]


def states(store: Store) -> dict[str, int]:
    """How many taps are in each state."""
    return dict(store.connection.execute("SELECT state, count(*) FROM tap GROUP BY state"))
