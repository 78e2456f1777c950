"""Anti-pass-back is that of docs/flows/fares.md: the gate refuses what the engine would find."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbdc.client.gate import Direction, Gate, Opened, Place, Store
from cbdc.client.gate import passing as rules
from cbdc.client.gate.passing import Passing, Seen, passing
from cbdc.identifiers import new_id
from tests.client.gates import NOON, kept, short, standing_clock
from tests.client.transit_riders import Issuer
from tests.transit import page
from wallets.transit.domain import pairing
from wallets.transit.domain.days import Tariff
from wallets.transit.domain.parsing import parse_fare_table
from wallets.transit.domain.taps import Direction as EngineDirection
from wallets.transit.domain.taps import Tap

TARIFF = Tariff.of([parse_fare_table(page.fare_tables()["zonal"])])


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        # minutes and seconds after the first, gate, direction
        ([("0:00", "1", "entry"), ("0:00", "1", "entry")], "open again"),
        ([("0:00", "1", "entry"), ("2:00", "1", "entry")], "open again"),
        ([("0:00", "1", "entry"), ("2:01", "1", "entry")], "open passed_back"),
        ([("0:00", "1", "entry"), ("0:01", "2", "entry")], "open passed_back"),
        ([("0:00", "1", "entry"), ("15:00", "2", "entry")], "open passed_back"),
        ([("0:00", "1", "entry"), ("15:01", "2", "entry")], "open open"),
        ([("0:00", "1", "entry"), ("15:01", "1", "entry")], "open open"),
        ([("0:00", "1", "entry"), ("1:00", "1", "exit")], "open open"),
        ([("0:00", "1", "entry"), ("1:00", "7", "exit"), ("1:30", "1", "entry")], "open open open"),
        ([("0:00", "7", "exit"), ("0:30", "8", "exit")], "open open"),
        ([("0:00", "7", "exit"), ("0:30", "7", "exit")], "open again"),
        ([("0:00", "7", "exit"), ("0:30", "1", "entry")], "open open"),
        # what was read again does not prolong: it is counted from the tap
        ([("0:00", "1", "entry"), ("1:30", "1", "entry"), ("3:00", "1", "entry")],
         "open again passed_back"),
        # nor does a refusal
        ([("0:00", "1", "entry"), ("10:00", "2", "entry"), ("15:01", "2", "entry")],
         "open passed_back open"),
        # the clock was put back
        ([("20:00", "1", "entry"), ("19:00", "2", "entry")], "open passed_back"),
        ([("20:00", "1", "entry"), ("4:00", "2", "entry")], "open open"),
    ],
)  # fmt: skip
def test_passing(
    gate: Gate, store: Store, issuer: Issuer, shown: list[tuple[str, str, str]], expected: str
) -> None:
    text = issuer.rider(expires_at=NOON + timedelta(days=1)).text
    decisions = []
    with standing_clock() as clock:
        for after, number, direction in shown:
            minutes, seconds = map(int, after.split(":"))
            clock.moment = NOON + timedelta(minutes=minutes, seconds=seconds)
            here = Gate(store, Place("harbour", number, Direction(direction)))
            decisions.append(short(here.show(text)))
    assert " ".join(decisions) == expected
    assert len(kept(store, "tap_id")) == expected.split().count("open")


def test_read_again_it_is_the_same_tap(gate: Gate, issuer: Issuer) -> None:
    rider = issuer.rider()
    first, second = gate.show(rider.text), gate.show(rider.text)
    assert isinstance(first, Opened)
    assert second == replace(first, again=True)


def test_at_another_station_it_is_another_journey(gate: Gate, store: Store, issuer: Issuer) -> None:
    rider = issuer.rider()
    gate.show(rider.text)
    elsewhere = Gate(store, Place("market", "G2", Direction.ENTRY))
    assert short(elsewhere.show(rider.text)) == "open"


def test_times_are_the_fare_engines() -> None:
    assert (rules.REPEATED, rules.PASS_BACK) == (pairing.REPEATED, pairing.PASS_BACK)


showings = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 59, 119, 120, 121, 600, 899, 900, 901, 3600]),  # s since the last
        st.sampled_from(["1", "2"]),
        st.sampled_from(Direction),
    ),
    max_size=12,
)


def _paired(taps: Sequence[Tap]) -> pairing.Paired:
    return pairing.pair(taps, tariff=TARIFF, as_of=NOON)


@given(showings)
def test_gate_refuses_just_what_the_engine_finds_handed_back(
    shown: list[tuple[int, str, Direction]],
) -> None:
    moment, last, taps = NOON, None, list[Tap]()
    for pause_s, number, direction in shown:
        moment += timedelta(seconds=pause_s)
        judged = passing(last, Place("A", number, direction), moment)
        side = EngineDirection(direction.value)
        tap = Tap(new_id(), "r", "A", side, moment, gate_id=number)
        paired = _paired([*taps, tap])
        assert (judged is Passing.SAME) == (tap in paired.repeated)
        handed_back = any(leg.pairing is pairing.Pairing.PASSED_BACK for leg in paired.legs)
        assert (judged is Passing.PASSED_BACK) == handed_back
        if judged is Passing.NEW:
            taps.append(tap)
            last = Seen(str(tap.tap_id), number, direction, moment)
