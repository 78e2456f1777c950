"""The same taps in any order, in any batches, with settlements in between: the same charges.

Two riders of a bank do the very same; the taps of the one come as they were made, those of the
other come in pieces, in any order, some twice, while fares are charged in between.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db.models import F, Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cbdc.clock import now, rfc3339
from cbdc.identifiers import new_id
from commercial_banks.clearing.audit import audit_bank
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.scale import scaled
from tests.support import BANKS, acting_as
from tests.transit.support import Metro, Rider, at, yesterday
from wallets.transit.models import Charge, Credential
from wallets.transit.seeds import STATIONS

pytestmark = [pytest.mark.django_db(databases=DATABASES, transaction=True), pytest.mark.soak]

EXAMPLES = settings(
    max_examples=scaled(ci=8, soak=500),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes a second: no shrinking
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
RIDERS = 2  # pairs of them: one of the operator's bank, one of another
DAYS = 3
# Minutes between taps: around the limits of the rules, and to the next day.
PAUSES = (0, 3, 10, 16, 20, 29, 31, 60, 239, 241, 600, 1440)
steps = st.lists(
    st.tuples(
        st.integers(0, RIDERS - 1),
        st.sampled_from(PAUSES),
        st.sampled_from(["forth", "forth", "forth", "again"]),  # most often an exit ends a ride
        st.sampled_from([code for code, _, _ in STATIONS]),
    ),
    min_size=6,
    max_size=16,
)
pieces = st.randoms(use_true_random=False)


@pytest.fixture
def pairs(metro: Metro, network: Network, ann: Rider, ben: Rider, cat: Rider) -> Any:
    """Riders who do the same: two of the operator's bank, two of another, all with money."""
    dan = Rider(Holder(network, "lotus", 1))
    for rider in (ben, dan):
        rider.holder.top_up(100_00)
    return [(ann, ben), (cat, dan)]


@EXAMPLES
@given(steps, pieces)
def test_the_charges_are_the_same(
    metro: Metro, pairs: list[tuple[Rider, Rider]], made: list[Any], random: Random
) -> None:
    _renew(pairs)
    at_once = _taps([one for one, _ in pairs], made)
    metro.upload(*at_once)
    metro.settle()
    in_pieces = _taps([other for _, other in pairs], made)
    in_pieces += random.sample(in_pieces, k=len(in_pieces) // 3)
    random.shuffle(in_pieces)
    while in_pieces:
        size = random.randint(1, 4)
        metro.upload(*in_pieces[:size])
        del in_pieces[:size]
        if random.random() < 0.5:
            metro.settle()
    metro.settle()
    for one, other in pairs:
        assert _journeys(metro, one) == _journeys(metro, other)
        assert _charged(one) == _charged(other)
        fares = {
            day: sum(row["charged"] for row in rows) for day, rows in _journeys(metro, one).items()
        }
        assert _charged(one) == {day: fare for day, fare in fares.items() if fare}
    for bank in BANKS:
        with acting_as(bank):
            assert audit_bank() == []


def _renew(pairs: list[tuple[Rider, Rider]]) -> None:
    """Credentials of their own for each example: caps begin anew."""
    for bank in BANKS:
        with acting_as(bank):
            Credential.objects.update(revoked_at=now())
    for pair in pairs:
        for rider in pair:
            rider.renew()


def _taps(riders: list[Rider], made: list[Any]) -> list[dict[str, Any]]:
    """The steps as taps of these riders, from a morning on."""
    moments = dict.fromkeys(range(RIDERS), at("05:00", yesterday() - timedelta(days=DAYS)))
    latest = at("19:00")  # every journey is over, whatever time it is now
    directions = dict.fromkeys(range(RIDERS), "exit")
    taps = []
    ids = sorted(new_id() for _ in made)  # which of two taps at one moment was first
    for tap_id, (number, pause, turn, station) in zip(ids, made, strict=True):
        moments[number] += timedelta(minutes=pause)
        if turn == "forth":
            directions[number] = "entry" if directions[number] == "exit" else "exit"
        moment: datetime = moments[number]
        if moment < latest:
            tap = riders[number].tap(directions[number], station, "05:00")
            taps.append({**tap, "tap_id": str(tap_id), "tapped_at": rfc3339(moment)})
    return taps


def _journeys(metro: Metro, rider: Rider) -> dict[date, list[dict[str, Any]]]:
    shown = ("from", "to", "started_at", "fare", "discount", "charged", "status", "why")
    found = defaultdict(list)
    for back in range(DAYS + 2):
        day = yesterday() - timedelta(days=back)
        for row in metro.journeys(day):
            if row["credential_id"] == rider.credential_id:
                found[day].append({name: row[name] for name in shown})
    return {day: sorted(rows, key=repr) for day, rows in found.items()}


def _charged(rider: Rider) -> dict[date, int]:
    """What the rider paid or owes for each day, less what went back."""
    with acting_as("harbor"):
        rows = Charge.objects.filter(credential_id=rider.credential_id)
        sums = (
            rows.exclude(state=Charge.State.VOID)
            .values_list("day")
            .annotate(left=Sum(F("amount") - F("refunded") + F("goodwill")))
        )
        return {day: left for day, left in sums if left}
