"""Personal data on a bank's pages: masked, and shown for a reason that is logged first."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cbdc.audit.models import AuditEntry
from commercial_banks.customers.models import Customer
from commercial_banks.customers.personal import masked, masked_name
from commercial_banks.customers.privacy import look_up_hash
from tests.commercial_banks.test_admin import as_staff
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from tests.wallets.test_counter import teller
from wallets.payments.models import Payment

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
FIND = "/admin/customers/customer/find/"


def customer_of(person: dict[str, str]) -> Customer:
    return Customer.objects.get(id_number_hash=look_up_hash(person["id_number"]))


def show(client: Client, page: str, pk: object, **form: str) -> Any:
    path = reverse(f"admin:{page}_see_personal_data", args=[pk])
    return client.post(path, {"_form_submitted": "1", **form})


@pytest.mark.parametrize(
    ("text", "last", "shown"),
    [("13800000001", 4, "*******0001"), ("", 4, ""), ("0001", 4, "****"), ("12345", 4, "*2345")],
)
def test_mask_keeps_the_end_of_what_is_longer(text: str, last: int, shown: str) -> None:
    assert masked(text, last=last) == shown


@pytest.mark.parametrize(("name", "shown"), [("王芳", "王*"), ("", ""), ("Ann Li", "A*****")])
def test_mask_of_a_name_keeps_its_beginning(name: str, shown: str) -> None:
    assert masked_name(name) == shown


def test_customer_is_masked_and_shown_for_a_reason(network: Network) -> None:
    person = network.people["harbor"][0]
    secrets = [person[name] for name in ("full_name", "phone", "id_number")]
    with acting_as("harbor"):
        client, customer = teller(), customer_of(person)
        pages = [
            client.get(path).content.decode()
            for path in (
                "/admin/customers/customer/",
                f"/admin/customers/customer/{customer.pk}/change/",
            )
        ]
        assert not any(secret in page for secret in secrets for page in pages)
        assert person["phone"][-4:] in pages[0]
        answer = show(client, "customers_customer", customer.pk, reason="asks for a card", case="7")
        assert all(secret in answer.content.decode() for secret in secrets)
        assert "no-store" in answer["Cache-Control"]
        entry = AuditEntry.objects.get(action="see_personal_data")
        assert (entry.actor, entry.subject) == ("teller", str(customer.pk))
        assert entry.detail == {
            "page": "customers.customer",
            "reason": "asks for a card",
            "case": "7",
            "shown": ["full name", "identity number", "phone"],
        }
        assert not any(secret in str(entry.detail) for secret in secrets)


def test_without_a_reason_nothing_is_shown(network: Network) -> None:
    person = network.people["harbor"][0]
    with acting_as("harbor"):
        client, customer = teller(), customer_of(person)
        for reason in ("", "  "):
            answer = show(client, "customers_customer", customer.pk, reason=reason)
            assert person["full_name"] not in answer.content.decode()
        assert not AuditEntry.objects.filter(action="see_personal_data").exists()


@pytest.mark.parametrize("username", ["viewer", "approver", "auditor", "administrator"])
def test_who_need_not_see_them_cannot(network: Network, username: str) -> None:
    person = network.people["harbor"][0]
    with acting_as("harbor"):
        client, customer = as_staff(username), customer_of(person)
        assert show(client, "customers_customer", customer.pk, reason="x").status_code == 403
        form = {"_form_submitted": "1", "phone": person["phone"], "reason": "x"}
        assert client.post(FIND, form).status_code == 403


def test_what_cannot_be_logged_is_not_shown(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError("the log is full")

    person = network.people["harbor"][0]
    with acting_as("harbor"):
        client, customer = teller(), customer_of(person)
        client.raise_request_exception = False
        monkeypatch.setattr("cbdc.audit.services.record", full)
        answer = show(client, "customers_customer", customer.pk, reason="x")
        assert answer.status_code == 500
        assert person["full_name"] not in answer.content.decode()


def test_memo_device_and_phone_of_a_wallet_are_shown_for_a_reason(
    network: Network, bob: Holder
) -> None:
    ann = Holder(network, "harbor", 0, device_name="Ann's telephone")
    ann.top_up(10_00)
    ann.pay(bob.wallet_id, 1_00, more={"memo": "for the flat in Minhang"})
    with acting_as("harbor"):
        client = teller()
        payment = Payment.objects.get()
        page = client.get(f"/admin/payments/payment/{payment.pk}/change/").content.decode()
        assert "Minhang" not in page
        shown = [
            show(client, "payments_payment", payment.pk, reason="complaint"),
            show(client, "accounts_device", ann.device_id, reason="complaint"),
            show(client, "accounts_wallet", ann.wallet_id, reason="complaint"),
        ]
        for answer, secret in zip(shown, ["Minhang", "telephone", ann.phone], strict=True):
            assert secret in answer.content.decode()
        assert AuditEntry.objects.filter(action="see_personal_data").count() == 3


@pytest.mark.parametrize("by", ["phone", "id_number"])
def test_person_is_found_by_what_no_address_holds(network: Network, by: str) -> None:
    person = network.people["harbor"][0]
    with acting_as("harbor"):
        client, customer = teller(), customer_of(person)
        form = {"_form_submitted": "1", by: person[by], "reason": "at the counter"}
        answer = client.post(FIND, form, headers={"HX-Request": "true"})
        assert str(customer.pk) in answer["HX-Redirect"]
        nobody = client.post(FIND, {**form, by: "+8613999999999"[: len(person[by])]}, follow=True)
        assert "knows nobody" in nobody.content.decode()
        found, missed = AuditEntry.objects.filter(action="find_person").order_by("sequence")
        assert (found.subject, found.detail["found"]) == (str(customer.pk), True)
        assert (missed.subject, missed.detail["found"]) == ("", False)
        assert person[by] not in str([found.detail, missed.detail])
        both = client.post(FIND, {**form, "phone": "1", "id_number": "2"})
        assert "one of them" in both.content.decode()
