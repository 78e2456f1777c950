"""Putting fares: ahead of time, strictly, and never for a day on which somebody travelled."""

import copy
from datetime import timedelta
from typing import Any

import pytest

from cbdc.clock import now
from tests.in_process import DATABASES
from tests.merchants.support import Till
from tests.transit.support import DENY_LIST, FARES, Metro, Rider
from wallets.merchants.keys import Scope
from wallets.transit.seeds import FARES as SEEDED

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def _put(metro: Metro, version: str, **changes: Any) -> Any:
    body = {**copy.deepcopy(SEEDED), **changes}
    return metro.post(f"{FARES}/{version}", body, method="PUT", key=None)


def _day(offset: int) -> str:
    return (now() + timedelta(days=offset)).date().isoformat()


def test_a_version_ahead_is_put_listed_and_changed(metro: Metro) -> None:
    assert _put(metro, "next", effective_from=_day(3)).status_code == 200
    assert _put(metro, "next", effective_from=_day(4), daily_cap=2500).status_code == 200
    rows = metro.get(FARES).json()["data"]
    assert [(row["version"], row["status"]) for row in rows] == [
        ("next", "scheduled"),
        ("2025", "in_force"),
    ]
    assert rows[0]["daily_cap"] == 2500


def test_a_version_in_force_cannot_be_changed(metro: Metro, ann: Rider) -> None:
    metro.upload(ann.tap("entry", "harbour", "10:00"))
    answer = _put(metro, "2025", daily_cap=1)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "in_force"
    assert _put(metro, "2025").status_code == 200  # the same again changes nothing


def test_no_version_begins_before_a_day_on_which_somebody_travelled(
    metro: Metro, ann: Rider
) -> None:
    metro.upload(ann.tap("entry", "harbour", "10:00"))
    answer = _put(metro, "sly", effective_from=_day(-2))
    assert answer.json()["errors"][0]["code"] == "too_early"


def test_two_versions_do_not_begin_at_one_moment(metro: Metro) -> None:
    assert _put(metro, "a", effective_from=_day(3)).status_code == 200
    assert _put(metro, "b", effective_from=_day(3)).json()["errors"][0]["code"] == "taken"


def test_a_fault_is_told_by_its_field(metro: Metro) -> None:
    answer = _put(metro, "bad", zones={"1": 300, "3": 500}, daily_cap="2000")
    fields = {error["field"] for error in answer.json()["errors"]}
    assert "daily_cap" in fields
    assert _put(metro, "no%20name").status_code == 404


def test_only_an_operator_with_the_scope_calls(metro: Metro) -> None:
    shop = Till("harbor")  # the coffee shop runs no gates
    assert shop.get(DENY_LIST).status_code == 403
    assert metro.other_key(Scope.ORDERS).get(DENY_LIST).status_code == 403
    assert metro.get(DENY_LIST, since="x").status_code == 422
