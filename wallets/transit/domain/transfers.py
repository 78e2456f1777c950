"""Transfers: legs that follow each other within the window may be one journey.

Of all ways to take them together, the cheapest counts (the best-fare guarantee). Taken together
they cost at least what the dearest part of them costs, and at most what they cost apart: so
travelling on never makes a journey cheaper, and never dearer than a new one.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from wallets.transit.domain.pairing import Leg, Pairing
from wallets.transit.domain.pricing import fare_between, price
from wallets.transit.domain.steps import Kind, Step, total
from wallets.transit.domain.table import FareTable

LEGS_MAX = 8  # of one journey

Group = tuple[tuple[Leg, ...], tuple[Step, ...]]


def journeys_of(legs: Sequence[Leg], table_of: Callable[[Leg], FareTable]) -> list[Group]:
    """One rider's legs in order, as journeys with their fares."""
    return [group for chain in _chains(legs, table_of) for group in _best(chain, table_of)]


def _chains(legs: Sequence[Leg], table_of: Callable[[Leg], FareTable]) -> Iterator[tuple[Leg, ...]]:
    """Runs of legs of one day, each of which began within the window after the one before."""
    chain: list[Leg] = []
    for leg in legs:
        if chain and not _continues(chain[-1], leg, table_of(leg).transfer_window):
            yield tuple(chain)
            chain = []
        chain.append(leg)
    if chain:
        yield tuple(chain)


def _continues(before: Leg, leg: Leg, window: timedelta) -> bool:
    if not (before.pairing is leg.pairing is Pairing.COMPLETE) or before.day != leg.day:
        return False
    assert before.exit is not None and leg.entry is not None  # noqa: S101, PT018 - complete
    return bool(window) and leg.entry.tapped_at - before.exit.tapped_at <= window


def _best(chain: Sequence[Leg], table_of: Callable[[Leg], FareTable]) -> list[Group]:
    """The cheapest split of a chain into journeys; of equals, the one with the fewest.

    `best[n]` is that of the first n legs. A longer journey never costs less than its beginning,
    so neither does a longer chain.
    """
    table = table_of(chain[0])
    prices = [price(leg, table) for leg in chain]
    best: list[tuple[int, int, int]] = [(0, 0, 0)]  # fare, journeys, where the last one begins
    for end in range(1, len(chain) + 1):
        starts = range(max(0, end - LEGS_MAX), end)
        fares = {start: _together(chain[start:end], prices[start:end], table) for start in starts}
        best.append(
            min((best[start][0] + fares[start], best[start][1] + 1, start) for start in starts)
        )
    groups: list[Group] = []
    end = len(chain)
    while end:
        start = best[end][2]
        groups.append((tuple(chain[start:end]), _steps(chain[start:end], prices[start:end], table)))
        end = start
    return groups[::-1]


def _together(legs: Sequence[Leg], prices: Sequence[Sequence[Step]], table: FareTable) -> int:
    """The fare of legs as one journey: the through fare from the first entry to each exit, kept
    between the dearest part so far and the sum of the parts."""
    fare = total(prices[0])
    for leg, steps in zip(legs[1:], prices[1:], strict=True):
        alone = total(steps)
        fare = min(fare + alone, max(fare, alone, _through(legs[0], leg, table)))
    return fare


def _through(first: Leg, last: Leg, table: FareTable) -> int:
    assert first.entry is not None and last.exit is not None  # noqa: S101, PT018 - complete
    return total(fare_between(first.entry.station, last.exit.station, first.entry, first, table))


def _steps(
    legs: Sequence[Leg], prices: Sequence[tuple[Step, ...]], table: FareTable
) -> tuple[Step, ...]:
    if len(legs) == 1:
        return prices[0]
    steps = [step for leg_steps in prices for step in leg_steps]
    saved = total(steps) - _together(legs, prices, table)
    return (*steps, Step(Kind.TRANSFER, -saved, "one journey"))
