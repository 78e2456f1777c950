"""From taps to money: riders of the operator's bank and of another, debts, refunds."""

import pytest

from commercial_banks.clearing.audit import audit_bank
from tests.in_process import DATABASES
from tests.support import BANKS, acting_as
from tests.transit.support import Metro, Rider

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def _audits_hold() -> None:
    for bank in BANKS:
        with acting_as(bank):
            assert audit_bank() == []


def test_a_ride_is_charged_what_the_fares_say(metro: Metro, ann: Rider) -> None:
    assert metro.upload(*ann.ride("harbour", "park", "10:00")) == {
        "accepted": 2,
        "duplicates": 0,
        "rejected": [],
    }
    metro.settle()
    [journey] = metro.journeys()
    assert (journey["from"], journey["to"]) == ("harbour", "park")
    assert (journey["fare"], journey["discount"], journey["charged"]) == (400, 0, 400)
    assert (journey["status"], journey["charge_status"]) == ("complete", "paid")
    assert metro.balance == 400
    assert ann.holder.balance == 500_00 - 400
    [line] = [row for row in ann.holder.transactions() if row["kind"] == "fare"]
    assert line["counterparty"] == metro.wallet_id
    _audits_hold()


def test_a_day_is_charged_once_with_its_cap(metro: Metro, ann: Rider) -> None:
    for clock in ("08:00", "10:00", "12:00", "14:00"):
        metro.upload(*ann.ride("harbour", "airport", clock))
    metro.settle()
    journeys = metro.journeys()
    assert [row["charged"] for row in journeys] == [700, 700, 600, 0]
    assert [row["charge_status"] for row in journeys] == ["paid", "paid", "paid", "free"]
    assert journeys[2]["why"] == "5 zones 7.00; cap reached, saved 1.00"
    assert len([row for row in ann.holder.transactions() if row["kind"] == "fare"]) == 1
    assert metro.balance == 20_00
    _audits_hold()


def test_a_rider_of_another_bank_pays_and_sees_the_journey(metro: Metro, cat: Rider) -> None:
    metro.upload(*cat.ride("harbour", "university", "10:00"))
    metro.settle()
    [journey] = cat.journeys()
    assert (journey["from"], journey["to"], journey["charged"]) == ("harbour", "university", 500)
    assert journey["charge_status"] == "paid"
    assert metro.journeys()[0]["charge_status"] == "paid"
    assert metro.balance == 500
    assert cat.holder.balance == 100_00 - 500
    _audits_hold()


def test_a_late_exit_gives_the_difference_back(metro: Metro, ann: Rider, cat: Rider) -> None:
    rides = [rider.ride("harbour", "market", "10:00") for rider in (ann, cat)]
    metro.upload(*(ride[0] for ride in rides))
    metro.settle()
    assert [row["charged"] for row in metro.journeys()] == [1000, 1000]
    assert metro.balance == 20_00
    metro.upload(*(ride[1] for ride in rides))
    metro.settle()
    assert [row["charged"] for row in metro.journeys()] == [300, 300]
    assert metro.balance == 600
    assert ann.holder.balance == 500_00 - 300
    assert cat.holder.balance == 100_00 - 300
    assert [row["status"] for row in cat.journeys()] == ["complete"]
    _audits_hold()


def test_who_cannot_pay_owes_is_denied_and_pays_with_the_next_money(
    metro: Metro, ben: Rider
) -> None:
    before = metro.denied()
    metro.upload(*ben.ride("harbour", "park", "10:00"))
    metro.settle()
    assert metro.journeys()[0]["charge_status"] == "owed"
    assert ben.journeys()[0]["charge_status"] == "owed"
    denied = metro.denied(before["version"])
    assert denied["added"] == [ben.credential_id]
    _audits_hold()
    ben.holder.top_up(10_00)
    metro.settle()
    assert ben.holder.balance == 10_00 - 400
    assert metro.journeys()[0]["charge_status"] == "paid"
    assert metro.denied(denied["version"])["removed"] == [ben.credential_id]
    assert metro.denied()["added"] == []
    _audits_hold()


def test_a_debt_with_another_bank_is_paid_when_money_comes(metro: Metro, cat: Rider) -> None:
    assert cat.holder.pay(metro.wallet_id, 99_00).status_code == 201
    metro.network.drain()
    metro.upload(*cat.ride("harbour", "park", "10:00"))
    metro.settle()
    assert metro.journeys()[0]["charge_status"] == "owed"
    assert cat.journeys()[0]["charge_status"] == "owed"
    assert metro.denied()["added"] == [cat.credential_id]
    cat.holder.top_up(10_00)
    metro.settle()
    assert metro.journeys()[0]["charge_status"] == "paid"
    assert cat.journeys()[0]["charge_status"] == "paid"
    assert cat.holder.balance == 11_00 - 400
    assert metro.denied()["added"] == []
    _audits_hold()


def test_a_debt_that_shrinks_is_owed_and_paid_as_what_is_left(
    metro: Metro, ben: Rider, cat: Rider
) -> None:
    assert cat.holder.pay(metro.wallet_id, 100_00).status_code == 201
    metro.network.drain()
    rides = [rider.ride("harbour", "market", "10:00") for rider in (ben, cat)]
    metro.upload(*(ride[0] for ride in rides))
    metro.settle()
    assert {row["charge_status"] for row in metro.journeys()} == {"owed"}
    metro.upload(*(ride[1] for ride in rides))
    metro.settle()
    assert {row["charge_status"] for row in metro.journeys()} == {"owed"}
    _audits_hold()
    for rider in (ben, cat):
        rider.holder.top_up(3_00)
    metro.settle()
    assert {row["charge_status"] for row in metro.journeys()} == {"paid"}
    assert (ben.holder.balance, cat.holder.balance) == (0, 0)
    assert metro.denied()["added"] == []
    _audits_hold()


def test_the_statement_ties_taps_to_money(metro: Metro, ann: Rider, ben: Rider) -> None:
    metro.upload(*ann.ride("harbour", "park", "10:00"), *ben.ride("park", "airport", "11:00"))
    metro.settle()
    lines = metro.statement()
    assert len([line for line in lines if line.startswith("journey,")]) == 2
    totals = {
        line.split(",")[0].removeprefix("total_"): int(line.split(",")[9])
        for line in lines
        if line.startswith("total_")
    }
    assert totals == {
        "taps": 4,
        "refused_taps": 0,
        "journeys": 2,
        "incomplete": 0,
        "fares": 1000,
        "discounts": 0,
        "to_charge": 1000,
        "paid": 400,
        "refunded": 0,
        "goodwill": 0,
        "under_way": 0,
        "owed": 600,
        "written_off": 0,
        "unbilled": 0,
    }
