"""A clock that cannot be right is told, and stops nobody."""

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.gate import Direction, Gate, Place, Store
from cbdc.client.gate.clock import Ear
from cbdc.client.gate.refreshing import refresh_keys
from cbdc.client.gate.status import status
from cbdc.client.gate.worker import heard_transport
from cbdc.clock import now
from tests.client.gate_bank import GateBank
from tests.client.gates import Clock, opened, short, standing_clock
from tests.client.transit_riders import Issuer


@pytest.fixture
def clock() -> Iterator[Clock]:
    with standing_clock() as standing:
        yield standing


@pytest.fixture
def gate(clock: Clock, store: Store, bank: GateBank) -> Gate:
    """It fetched its keys when the clock stood at noon."""
    refresh_keys(store, CentralBankClient(bank.url))
    return Gate(store, Place("harbour", "G1", Direction.ENTRY))


def off(store: Store) -> tuple[bool, float]:
    told: dict[str, Any] = status(store, now())["clock"]
    return told["wrong"], told["ahead_s"]


class _Answer:
    def __init__(self, date: str) -> None:
        self.headers = {"Date": date} if date else {}


def hear(store: Store, clock: Clock, **ahead: float) -> None:
    """The bank answers, whose clock is so far ahead of ours."""
    Ear(store)(_Answer(format_datetime(clock.moment + timedelta(**ahead), usegmt=True)))  # type: ignore[arg-type]


def test_clock_before_the_newest_tap_is_wrong_and_stops_nobody(
    gate: Gate, store: Store, clock: Clock, issuer: Issuer
) -> None:
    clock.forward(hours=1)
    opened(gate, issuer.rider().text)
    assert off(store) == (False, 0)
    clock.forward(seconds=-90)
    assert off(store) == (True, -90)
    clock.forward(days=-20_000)
    assert off(store)[0] is True
    rider = issuer.rider(expires_at=clock.moment + timedelta(days=1))
    assert short(gate.show(rider.text)) == "open"


def test_clock_before_the_keys_were_fetched_is_wrong(
    gate: Gate, store: Store, clock: Clock
) -> None:
    assert off(store) == (False, 0)
    clock.forward(minutes=-5)
    assert off(store) == (True, -300)


@pytest.mark.parametrize(
    ("bank_ahead_s", "expected"),
    [(0, 0), (60, 0), (61, -61), (-60, 0), (-61, 61), (86_400 * 365, -86_400 * 365)],
)
def test_clock_that_the_bank_contradicts_is_wrong(
    gate: Gate, store: Store, clock: Clock, bank_ahead_s: int, expected: int
) -> None:
    hear(store, clock, seconds=bank_ahead_s)
    assert off(store) == (expected != 0, expected)


def test_clock_before_what_the_bank_said_is_wrong_long_after(
    gate: Gate, store: Store, clock: Clock
) -> None:
    clock.forward(hours=10)
    hear(store, clock)
    clock.forward(days=1)
    assert off(store) == (False, 0)
    clock.forward(days=-1, hours=-2)
    assert off(store) == (True, -7200)


def test_what_a_wrong_clock_noted_is_no_proof_against_the_bank(
    gate: Gate, store: Store, clock: Clock, issuer: Issuer
) -> None:
    clock.forward(days=3)
    opened(gate, issuer.rider(expires_at=clock.moment + timedelta(days=1)).text)
    clock.forward(days=-3)
    assert off(store)[0] is True
    hear(store, clock)
    assert off(store) == (False, 0)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 99:00:00 GMT"])
def test_no_date_says_nothing(gate: Gate, store: Store, date: str) -> None:
    Ear(store)(_Answer(date))  # type: ignore[arg-type]
    assert off(store) == (False, 0)


def test_dates_of_the_links_are_heard(store: Store, bank: GateBank, clock: Clock) -> None:
    clock.forward(days=-3650)
    refresh_keys(
        store, CentralBankClient(bank.url, transport=heard_transport(store, bank.url, 5.0))
    )
    assert off(store)[0] is True
