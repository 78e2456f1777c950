"""Uploading taps: late, out of order, twice, from wrong clocks; each lands once or has a reason."""

from datetime import timedelta
from typing import Any

import pytest

from cbdc.clock import now, rfc3339
from cbdc.identifiers import new_id
from commercial_banks.clearing.models import InstitutionKey
from tests.books import fingerprint
from tests.in_process import DATABASES
from tests.support import acting_as
from tests.transit.support import TAPS, Metro, Rider
from wallets.transit.models import RatedJourney, Tap
from wallets.transit.operators import credentials

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def _codes(answer: dict[str, Any]) -> dict[str, str]:
    return {one["tap_id"]: one["code"] for one in answer["rejected"]}


def test_the_same_taps_again_are_duplicates(metro: Metro, ann: Rider) -> None:
    taps = ann.ride("harbour", "park", "10:00")
    metro.upload(*taps)
    assert metro.upload(*taps) == {"accepted": 0, "duplicates": 2, "rejected": []}
    assert metro.upload(taps[0], taps[0])["duplicates"] == 2
    metro.settle()
    assert len(metro.journeys()) == 1


def test_twice_in_one_batch_lands_once(metro: Metro, ann: Rider) -> None:
    tap = ann.tap("entry", "harbour", "10:00")
    assert metro.upload(tap, dict(tap)) == {"accepted": 1, "duplicates": 1, "rejected": []}


def test_one_id_with_two_contents_is_refused(metro: Metro, ann: Rider) -> None:
    tap = ann.tap("entry", "harbour", "10:00")
    other = {**tap, "station": "park"}
    answer = metro.upload(tap, other)
    assert (answer["accepted"], _codes(answer)) == (1, {tap["tap_id"]: "idempotency_key_reused"})
    assert _codes(metro.upload(other)) == {tap["tap_id"]: "idempotency_key_reused"}
    with acting_as("harbor"):
        assert Tap.objects.get().station == "harbour"


@pytest.mark.parametrize(
    "moment",
    ["1970-01-01T00:00:00Z", "", "2025-06-01T10:00:00Z"],
    ids=["1970", "future", "too late"],
)
def test_a_clock_that_is_wrong_is_a_reason(metro: Metro, ann: Rider, moment: str) -> None:
    moment = moment or rfc3339(now() + timedelta(minutes=11))
    tap = {**ann.tap("entry", "harbour", "10:00"), "tapped_at": moment}
    good = ann.tap("entry", "park", "10:00")
    answer = metro.upload(tap, good)
    assert answer["accepted"] == 1
    assert _codes(answer) == {tap["tap_id"]: "validation_failed"}


def test_credentials_that_prove_nothing_are_refused(metro: Metro, ann: Rider, cat: Rider) -> None:
    forged = {
        **ann.tap("entry", "harbour", "10:00"),
        "credential": ann.credential[:-4] + cat.credential[-4:],
    }
    nothing = {**ann.tap("entry", "harbour", "10:00"), "credential": "AAAA"}
    late = {**ann.tap("entry", "harbour", "10:00")}
    with acting_as("harbor"):
        InstitutionKey.objects.filter(number="0012").update(gone_at=now() - timedelta(days=20))
    credentials.forget()
    gone = cat.tap("entry", "harbour", "10:00")
    answer = metro.upload(forged, nothing, late, gone)
    assert _codes(answer) == dict.fromkeys(
        (forged["tap_id"], nothing["tap_id"], gone["tap_id"]), "signature_invalid"
    )
    assert answer["accepted"] == 1


def test_a_key_that_left_later_still_proves_an_earlier_tap(metro: Metro, cat: Rider) -> None:
    with acting_as("harbor"):
        InstitutionKey.objects.filter(number="0012").update(gone_at=now())
    credentials.forget()
    assert metro.upload(cat.tap("entry", "harbour", "10:00"))["accepted"] == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"station": 5}, "invalid_type", "taps[1].station"),
        ({"direction": "in"}, "invalid_choice", "taps[1].direction"),
        ({"tap_id": "x"}, "invalid", "taps[1].tap_id"),
        ({"tapped_at": "10:00"}, "invalid", "taps[1].tapped_at"),
        ({"colour": "red"}, "unknown_field", "taps[1].colour"),
        ({"gate_id": ""}, "too_short", "taps[1].gate_id"),
    ],
)
def test_a_batch_of_another_shape_changes_nothing(
    metro: Metro, ann: Rider, change: dict[str, Any], code: str, field: str
) -> None:
    taps = [ann.tap("entry", "harbour", "10:00"), {**ann.tap("exit", "park", "11:00"), **change}]
    before = fingerprint("harbor")
    answer = metro.post(TAPS, {"taps": taps}, key=None)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert fingerprint("harbor") == before


def test_ten_thousand_taps_are_one_call(metro: Metro, ann: Rider) -> None:
    tap = ann.tap("entry", "harbour", "10:00")
    taps = [{**tap, "tap_id": str(new_id())} for _ in range(10_000)]
    assert metro.upload(*taps)["accepted"] == 10_000
    answer = metro.post(TAPS, {"taps": [*taps, tap]}, key=None)
    assert answer.status_code == 422


def test_whatever_the_order_and_the_batches_the_charges_are_the_same(
    metro: Metro, ann: Rider, cat: Rider
) -> None:
    """Twelve taps of two riders: at once, one by one backwards with settlements between."""
    days = []
    for offset in (2, 3):
        day = (now() - timedelta(days=offset)).date()
        taps = [
            tap
            for rider in (ann, cat)
            for ride in (
                rider.ride("harbour", "airport", "08:00", day=day),
                rider.ride("airport", "park", "09:00", day=day),
                [rider.tap("entry", "park", "20:00", day=day)],
            )
            for tap in ride
        ]
        days.append((day, taps))
    metro.upload(*days[0][1])
    metro.settle()
    for number, tap in enumerate(reversed(days[1][1])):
        metro.upload(tap)
        if number % 4 == 0:
            metro.settle()
    metro.settle()

    def charged(day: Any) -> list[tuple[str, int, str]]:
        return sorted(
            (row["credential_id"], row["charged"], row["why"]) for row in metro.journeys(day)
        )

    assert charged(days[0][0]) == charged(days[1][0])
    assert all(row["charge_status"] == "paid" for row in metro.journeys(days[1][0]))


def test_journeys_can_be_derived_again_from_the_taps(metro: Metro, ann: Rider) -> None:
    metro.upload(*ann.ride("harbour", "park", "10:00"), *ann.ride("park", "airport", "15:00"))
    metro.settle()
    before = metro.journeys()
    with acting_as("harbor"):
        RatedJourney.objects.all().delete()
        from wallets.transit.models import RiderWeek

        RiderWeek.objects.update(due_at=now())
    metro.settle()
    assert metro.journeys() == before
    assert metro.balance == sum(row["charged"] for row in before)
