"""What riders do: credentials, journeys, corrections; and what shuts a credential out."""

from datetime import timedelta

import pytest
from django.db import transaction

from cbdc.clock import now, parse_rfc3339, rfc3339
from cbdc.crypto import keys
from cbdc.crypto.transit_credential import read_credential
from cbdc.crypto.transit_keys import KeyRing
from cbdc.identifiers import new_id, wallet_id
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as, public_key
from tests.transit.support import Metro, Rider, at, yesterday
from wallets.accounts.models import Wallet
from wallets.transit.models import RiderClass
from wallets.transit.riders.journeys import told

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def test_a_gate_checks_a_credential_with_public_keys_alone(metro: Metro, cat: Rider) -> None:
    row = {
        "number": "0012",
        "status": "active",
        "keys": [keys.jwk(keys.public_from_raw(public_key("lotus")))],
    }
    credential = KeyRing.of([row]).verify(cat.credential, now=now())
    assert str(credential.credential_id) == cat.credential_id
    assert credential.institution_number == "0012"
    assert len(cat.credential) < 200
    assert cat.holder.wallet_id not in cat.credential


def test_a_renewal_keeps_the_id(metro: Metro, ann: Rider) -> None:
    before = ann.credential_id
    ann.renew()
    assert ann.credential_id == before


def test_the_class_that_staff_gave_is_in_the_credential_and_halves_the_fare(
    metro: Metro, ann: Rider
) -> None:
    with acting_as("harbor"):
        wallet = Wallet.objects.get(pk=ann.holder.wallet_id)
        RiderClass.objects.create(wallet=wallet, name="student", reason="card seen", given_by="t")
    ann.renew()
    assert read_credential(ann.credential).credential.rider_class == "student"
    metro.upload(*ann.ride("harbour", "park", "10:00"))
    metro.settle()
    assert metro.journeys()[0]["charged"] == 200


def test_a_frozen_wallet_makes_no_credential(metro: Metro, ann: Rider) -> None:
    wallet = ann.holder.wallet_id
    assert ann.holder.post(f"/api/v1/wallets/{wallet}/freeze", {}).status_code == 200
    answer = ann.holder.post(f"/api/v1/wallets/{wallet}/transit-credentials", {})
    assert answer.json()["code"] == "wallet_frozen"


@pytest.mark.parametrize("bank", ["harbor", "lotus"])
def test_a_lost_device_is_denied_at_every_operator(
    metro: Metro, network: Network, bank: str
) -> None:
    lost = Holder(network, bank, 5)
    rider = Rider(lost)
    again = Holder(network, bank, 5)  # another device of the same phone
    version = metro.denied()["version"]
    assert again.delete(f"/api/v1/devices/{lost.device_id}").status_code == 204
    network.drain()
    assert metro.denied(version)["added"] == [rider.credential_id]


def test_a_rider_puts_an_incomplete_journey_right_three_times_a_month(
    metro: Metro, ann: Rider
) -> None:
    days = [now().date() - timedelta(days=number) for number in range(2, 9)]
    month = max((day.month for day in days), key=lambda m: sum(d.month == m for d in days))
    days = [day for day in days if day.month == month][:4]
    for day in days:
        metro.upload(ann.tap("entry", "harbour", "10:00", day=day))
    metro.settle()
    incomplete = ann.journeys()
    assert [row["status"] for row in incomplete] == ["incomplete"] * 4
    assert metro.balance == 4 * 1000
    answer = ann.correct(incomplete[0]["journey_id"], "nowhere")
    assert answer.json()["errors"][0]["code"] == "unknown_station"
    for row in incomplete[:3]:
        assert ann.correct(row["journey_id"], "market").status_code == 201
    answer = ann.correct(incomplete[3]["journey_id"], "market")
    assert answer.json()["errors"][0]["code"] == "corrections_used_up"
    metro.settle()
    assert sorted(row["charged"] for row in ann.journeys()) == [300, 300, 300, 1000]
    assert metro.balance == 3 * 300 + 1000
    done = next(row for row in ann.journeys() if row["status"] == "corrected")
    answer = ann.correct(done["journey_id"], "park")
    assert answer.json()["errors"][0]["code"] == "not_incomplete"


def test_a_rider_of_another_bank_puts_a_journey_right(metro: Metro, cat: Rider) -> None:
    metro.upload(cat.tap("entry", "harbour", "10:00"))
    metro.settle()
    [journey] = cat.journeys()
    assert (journey["status"], journey["charged"]) == ("incomplete", 1000)
    assert cat.correct(journey["journey_id"], "market").status_code == 201
    metro.network.drain()
    metro.settle()
    [journey] = cat.journeys()
    assert (journey["status"], journey["charged"], journey["to"]) == ("corrected", 300, "market")
    assert cat.holder.balance == 100_00 - 300


def test_another_holders_journey_does_not_exist(metro: Metro, ann: Rider, ben: Rider) -> None:
    metro.upload(ann.tap("entry", "harbour", "10:00"))
    metro.settle()
    [journey] = ann.journeys()
    assert ben.correct(journey["journey_id"], "market").status_code == 404
    assert ben.correct(str(new_id()), "market").status_code == 404
    assert ben.journeys() == []


def test_journeys_come_in_pages(metro: Metro, ann: Rider) -> None:
    for clock in ("08:00", "10:00", "12:00"):
        metro.upload(*ann.ride("harbour", "park", clock))
    metro.settle()
    path = f"/api/v1/wallets/{ann.holder.wallet_id}/journeys"
    first = ann.holder.get(path, limit="2").json()
    second = ann.holder.get(path, limit="2", cursor=first["next_cursor"]).json()
    starts = [parse_rfc3339(row["started_at"]) for row in first["data"] + second["data"]]
    assert len(starts) == 3
    assert starts == sorted(starts, reverse=True)
    assert second["next_cursor"] is None


def _tell(rider: Rider, *origins: str, operator: int = 1, minute: int) -> None:
    """Harbor tells lotus the week of its rider with one of its operators."""
    day = yesterday()
    payee_wallet = wallet_id("0011", operator)
    journey = {
        "day": day.isoformat(),
        "started_at": rfc3339(at("10:00")),
        "to": None,
        **dict.fromkeys(("fare", "discount", "charged"), 0),
        "status": "incomplete",
        "why": "",
        "operator": "Metro",
    }
    content = {
        "credential_id": rider.credential_id,
        "week": (day - timedelta(days=day.weekday())).isoformat(),
        "rated_at": rfc3339(at("23:00") + timedelta(minutes=minute)),
        "payee_wallet": payee_wallet,
        "journeys": [{**journey, "journey_id": str(new_id()), "from": name} for name in origins],
    }
    with acting_as("lotus"), transaction.atomic():
        told("harbor", content)


def test_what_was_told_later_stands_even_if_it_is_nothing(cat: Rider) -> None:
    _tell(cat, "harbour", minute=1)
    _tell(cat, minute=3)
    _tell(cat, "market", minute=2)
    assert cat.journeys() == []
    _tell(cat, "park", minute=4)
    assert [row["from"] for row in cat.journeys()] == ["park"]


def test_two_operators_of_a_bank_tell_a_week_each(cat: Rider) -> None:
    _tell(cat, "harbour", operator=1, minute=1)
    _tell(cat, "pier", operator=2, minute=2)
    assert {row["from"] for row in cat.journeys()} == {"harbour", "pier"}
    _tell(cat, "market", operator=1, minute=3)
    assert {row["from"] for row in cat.journeys()} == {"market", "pier"}
