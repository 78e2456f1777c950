"""Figures kept for charts: once a period, as levels and running totals, thinned with age."""

from datetime import UTC, datetime, timedelta

import pytest

from cbdc import clock
from cbdc.console import sampling
from cbdc.console.models import Sample
from cbdc.console.selectors import POINTS, history, latest
from tests.central_bank.support import guarantee, pay, seed

pytestmark = pytest.mark.django_db(transaction=True)


def value(series: str) -> int:
    return latest([series])[series]


def test_supply_and_payments_are_kept_as_they_are_once_a_period() -> None:
    seed()
    moment = clock.now()
    with clock.injected(lambda: moment):
        sampling.take()
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    pay("harbor", "lotus", 100)
    later = moment + timedelta(minutes=5)
    with clock.injected(lambda: later):
        sampling.take()
        sampling.take()
    assert Sample.objects.filter(series="supply").count() == 2
    assert (value("supply"), value("payments")) == (1_000, 2)
    with clock.injected(lambda: later + timedelta(minutes=5)):
        sampling.take()
    assert value("payments") == 2
    past = history(["supply", "payments"])
    assert (past.values["supply"][0], past.values["supply"][-1]) == (0, 1_000)
    assert max(past.rates("payments", timedelta(minutes=5))) == 2


def test_old_figures_are_thinned_to_hours_and_then_forgotten() -> None:
    present = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
    ages = [timedelta(minutes=1), timedelta(days=3, minutes=5), timedelta(days=3), timedelta(401)]
    for age in ages:
        Sample.objects.create(series="x", at=present - age, value=1)
    with clock.injected(lambda: present):
        assert sampling.thin() == 2
    kept = set(Sample.objects.values_list("at", flat=True))
    assert kept == {present - ages[0], present - ages[2]}


def test_history_has_a_bounded_number_of_points_and_fills_gaps() -> None:
    present = clock.now().replace(microsecond=0)
    rows = [Sample(series="x", at=present - timedelta(minutes=n), value=n) for n in range(2_000)]
    Sample.objects.bulk_create([*rows, Sample(series="y", at=present, value=7)])
    past = history(["x", "y", "none"])
    assert POINTS / 2 < len(past.moments) <= POINTS + 2
    assert past.values["x"][-1] == 0
    assert set(past.values["y"]) == {7}
    assert "none" not in past.values
    assert history(["none"]).labels() == []
