"""`charge_fares` killed with -9 before each of its statements, and run again: one and the same day.

The first kills stop it at each statement of its first batches; the later it is killed, the more
of the work is behind it, until a run comes to its end.
"""

import signal
from datetime import date, timedelta

import pytest

from commercial_banks.clearing.audit import audit_bank
from tests.in_process import DATABASES
from tests.support import acting_as
from tests.transit.support import Metro, Rider, yesterday
from tests.victims import victim
from wallets.transit.models import Charge, RatedJourney

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
STATEMENTS_MAX = 400
A_DAY = [700, 700, 600, 0]  # four times across five zones, and the cap


def _days() -> list[date]:
    """One in each of three weeks."""
    return [yesterday() - timedelta(days=7 * weeks) for weeks in range(3)]


def test_a_day_that_is_killed_anywhere_is_charged_as_one_that_is_not(
    metro: Metro, ann: Rider, ben: Rider, cat: Rider
) -> None:
    riders = (ann, ben, cat)
    for day in _days():
        for clock in ("08:00", "10:00", "12:00", "14:00"):
            for rider in riders:
                metro.upload(*rider.ride("harbour", "airport", clock, day=day))
    kills = _settle_killed_everywhere()
    assert kills > 20
    metro.settle()
    assert [row["charged"] for day in _days() for row in metro.journeys(day)] == [
        fare for _ in _days() for fare in A_DAY for _ in riders
    ]
    with acting_as("harbor"):
        assert sorted(_charged(ann, ben, cat)) == sorted(
            (rider.credential_id, day, 20_00, "owed" if rider is ben else "paid")
            for rider in riders
            for day in _days()
        )
    assert metro.balance == 2 * 3 * 20_00
    assert (ann.holder.balance, cat.holder.balance) == (500_00 - 60_00, 100_00 - 60_00)
    for rider, times in ((ann, 3), (ben, 0), (cat, 3)):
        rows = rider.holder.transactions()
        assert [row["counterparty"] for row in rows].count(metro.wallet_id) == times
    for bank in ("harbor", "lotus"):
        with acting_as(bank):
            assert audit_bank() == []


def _settle_killed_everywhere() -> int:
    """Kill a batch before its first statement, the next one before its second, and so on."""
    with acting_as("harbor"), victim("tests.transit.killed") as doomed:
        for statement in range(1, STATEMENTS_MAX):
            if doomed.carry_out({"statement": statement, "batch": 1}) != signal.SIGKILL:
                assert Charge.objects.filter(state=Charge.State.DUE).count() == 0
                return statement - 1
            assert audit_bank() == []
            charged = sum(Charge.objects.values_list("amount", flat=True))
            assert charged <= sum(RatedJourney.objects.values_list("charged", flat=True))
    raise AssertionError("it never comes to its end")


def _charged(*riders: Rider) -> list[tuple[str, date, int, str]]:
    ids = [rider.credential_id for rider in riders]
    rows = Charge.objects.filter(credential_id__in=ids)
    return [(str(row.credential_id), row.day, row.amount, row.state) for row in rows]
