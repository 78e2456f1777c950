"""The staff's pages of transit: putting journeys right, refunds, debts given up, classes."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commercial_banks.clearing.audit import audit_bank
from tests.access.approving import approve
from tests.in_process import DATABASES
from tests.support import acting_as
from tests.transit.support import Metro, Rider, yesterday
from wallets.transit.models import Charge, Operator, RatedJourney, RiderClass
from wallets.transit.seeds import transit

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
PAGES = (
    "operator",
    "fareversion",
    "refusedtap",
    "ratedjourney",
    "correction",
    "charge",
    "farerefund",
    "denyentry",
    "credential",
    "askedfare",
    "riderclass",
)


@pytest.fixture
def clerk(metro: Metro) -> Client:
    client = Client()
    with acting_as("harbor"):
        transit()
        assert client.login(username="transit-clerk", password="transit-clerk-devnet-1")
    return client


def act(client: Client, what: str, pk: object, name: str, **form: str) -> Any:
    with acting_as("harbor"):
        path = reverse(f"admin:transit_{what}_{name}", args=[pk])
        return client.post(path, {"_form_submitted": "1", **form}, follow=True)


def test_every_page_shows_its_rows(metro: Metro, clerk: Client, ann: Rider, ben: Rider) -> None:
    bad = {**ann.tap("entry", "harbour", "10:00"), "tapped_at": "1970-01-01T00:00:00Z"}
    metro.upload(*ann.ride("harbour", "park", "10:00"), ben.tap("exit", "park", "10:00"), bad)
    metro.settle()
    with acting_as("harbor"):
        for page in PAGES:
            assert clerk.get(f"/admin/transit/{page}/").status_code == 200, page
        for model in (RatedJourney, Charge):
            row = model.objects.first()
            assert row is not None
            path = f"/admin/transit/{model._meta.model_name}/{row.pk}/change/"
            assert clerk.get(path).status_code == 200


def test_staff_put_a_journey_right_or_waive_it(metro: Metro, clerk: Client, ann: Rider) -> None:
    metro.upload(ann.tap("entry", "harbour", "10:00"))
    metro.settle()
    assert metro.balance == 1000
    with acting_as("harbor"):
        row = RatedJourney.objects.get()
    act(clerk, "ratedjourney", row.pk, "put_right", station="market", reason="saw the film")
    metro.settle()
    assert metro.balance == 300
    with acting_as("harbor"):
        row = RatedJourney.objects.get()
    act(clerk, "ratedjourney", row.pk, "put_right", station="", reason="the gate was broken")
    metro.settle()
    assert metro.balance == 0
    assert ann.holder.balance == 500_00


def test_a_refund_for_goodwill_is_not_taken_again(
    metro: Metro, clerk: Client, ann: Rider, cat: Rider
) -> None:
    metro.upload(*ann.ride("harbour", "airport", "10:00"), *cat.ride("park", "market", "10:00"))
    metro.settle()
    with acting_as("harbor"):
        charges = list(Charge.objects.order_by("amount"))
    for charge in charges:
        act(clerk, "charge", charge.pk, "propose_refund", amount="2.00", reason="late train")
    with acting_as("harbor"):
        approve()
    act(clerk, "charge", charges[0].pk, "propose_refund", amount="3.00", reason="too much")
    with acting_as("harbor"):
        approve()
    metro.settle()
    metro.upload(*ann.ride("airport", "harbour", "15:00"))
    metro.settle()
    assert ann.holder.balance == 500_00 - 14_00 + 2_00
    assert cat.holder.balance == 100_00 - 4_00 + 2_00
    with acting_as("harbor"):
        assert audit_bank() == []


def test_a_debt_given_up_is_a_loss_until_it_is_paid(
    metro: Metro, clerk: Client, ben: Rider
) -> None:
    metro.upload(*ben.ride("harbour", "park", "10:00"))
    metro.settle()
    with acting_as("harbor"):
        charge = Charge.objects.get()
    act(clerk, "charge", charge.pk, "propose_write_off", reason="moved abroad")
    assert metro.journeys()[0]["charge_status"] == "owed"
    with acting_as("harbor"):
        approve()
    assert metro.journeys()[0]["charge_status"] == "written_off"
    assert metro.denied()["added"] == [ben.credential_id]
    with acting_as("harbor"):
        assert audit_bank() == []
    ben.holder.top_up(10_00)
    metro.settle()
    assert metro.journeys()[0]["charge_status"] == "paid"
    assert metro.denied()["added"] == []
    with acting_as("harbor"):
        assert audit_bank() == []


def propose_class(clerk: Client, **form: str) -> str:
    path = "/admin/transit/riderclass/propose_class/"
    with acting_as("harbor"):
        answer = clerk.post(path, {"_form_submitted": "1", **form}, follow=True)
    page: str = answer.content.decode()
    return page


def test_a_class_is_given_by_two_with_a_reason(metro: Metro, clerk: Client, ann: Rider) -> None:
    form = {"wallet": ann.holder.wallet_id, "name": "senior", "reason": "id card seen"}
    assert "no such wallet" in propose_class(clerk, **{**form, "wallet": "0011000000000000"})
    propose_class(clerk, **form, until="2099-12-31")
    with acting_as("harbor"):
        assert not RiderClass.objects.exists()
        approve()
        row = RiderClass.objects.get()
        assert (row.given_by, row.reason, str(row.until)) == (
            "transit-clerk",
            "id card seen",
            "2099-12-31",
        )
    propose_class(clerk, **form)
    with acting_as("harbor"):
        approve()
        assert RiderClass.objects.get().until is None
    ann.renew()
    metro.upload(*ann.ride("harbour", "airport", "10:00"))
    metro.settle()
    assert metro.journeys()[0]["charged"] == 0
    assert metro.journeys()[0]["charge_status"] == "free"


def test_the_operators_page_counts_taps_that_stayed_alone(
    metro: Metro, clerk: Client, ann: Rider, ben: Rider
) -> None:
    bad = {**ann.tap("entry", "harbour", "10:00"), "tapped_at": "1970-01-01T00:00:00Z"}
    metro.upload(ann.tap("entry", "stadium", "10:00"), ben.tap("exit", "techpark", "10:00"), bad)
    metro.upload(*ann.ride("harbour", "park", "18:00"))
    metro.settle()
    path = f"/admin/transit/operator/{metro.merchant_id}/change/"
    with acting_as("harbor"):
        page = clerk.get(path).content.decode()
        [entry] = RatedJourney.objects.filter(origin="stadium")
    for text in ("stadium", "techpark", "validation_failed"):
        assert f'<td class="pr-6">{text}</td>' in page
    assert _cells(page)[:3] == [str(entry.day), "2", "0"]
    act(clerk, "ratedjourney", entry.pk, "put_right", station="park", reason="saw the film")
    metro.settle()
    with acting_as("harbor"):
        page = clerk.get(path).content.decode()
    assert _cells(page)[:3] == [str(entry.day), "1", "1"]
    assert ">stadium<" not in page


def test_billing_by_journey_charges_each_and_leaves_billed_days_alone(
    metro: Metro, clerk: Client, ann: Rider
) -> None:
    before = yesterday() - timedelta(days=1)
    metro.upload(*ann.ride("harbour", "park", "10:00", day=before))
    metro.upload(*ann.ride("harbour", "park", "18:00", day=before))
    metro.settle()
    act(
        clerk,
        "operator",
        metro.merchant_id,
        "propose_billing",
        billing="journey",
        reason="as the metro asked",
    )
    with acting_as("harbor"):
        assert Operator.objects.get().billing == "day", "it takes two"
        approve()
        assert Operator.objects.get().billing == "journey"
    late = ann.ride("park", "market", "21:00", day=before)
    metro.upload(
        *ann.ride("harbour", "park", "10:00"), *ann.ride("park", "harbour", "18:00"), *late
    )
    metro.settle()
    with acting_as("harbor"):
        rows = Charge.objects.order_by("day", "amount").values_list("day", "amount", "refunded")
        assert list(rows) == [
            (before, 400, 0),
            (before, 800, 0),
            (yesterday(), 400, 0),
            (yesterday(), 400, 0),
        ]
        by_journey = Charge.objects.filter(journey_id__isnull=False)
        assert {charge.day for charge in by_journey} == {yesterday()}
        assert audit_bank() == []
    assert [row["charge_status"] for row in metro.journeys()] == ["paid", "paid"]


def _cells(page: str) -> list[str]:
    return re.findall(r'<td class="pr-6">([^<]*)</td>', page)
