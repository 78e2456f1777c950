"""The bank's admin, as its staff uses it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cbdc.approvals.models import ApprovalRequest
from commercial_banks.clearing.models import Break
from commercial_banks.treasury.models import TokenRequest
from commercial_banks.treasury.seeds import staff
from tests.access.approving import decide
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
REQUESTS = "/admin/treasury/tokenrequest/"
PAGES = [
    "treasury/tokenrequest",
    "treasury/vaulttoken",
    "customers/customer",
    "customers/depositaccount",
    "bank_clearing/interbankpayment",
    "bank_clearing/settlement",
    "bank_clearing/break",
    "bank_clearing/grosssettlement",
    "messaging/link",
    "bank_clearing/directoryentry",
    "accounts/wallet",
    "accounts/device",
    "payments/payment",
    "payments/depositmovement",
    "payments/paymentcode",
    "payments/paymentrequest",
    "notifications/notification",
    "merchants/merchant",
    "merchants/shop",
    "merchants/terminal",
    "merchants/apikey",
    "merchants/order",
    "merchants/refund",
    "merchants/return",
    "webhooks/endpoint",
    "webhooks/delivery",
    "messaging/outboxmessage",
    "messaging/inboxmessage",
]


def as_staff(username: str) -> Client:
    """Logged in as a seeded person of this institution."""
    [person] = [one for one in (staff() or {})["staff"] if one["username"] == username]
    client = Client()
    assert client.login(username=username, password=person["password"])
    return client


def ask(client: Client, operation: str, amount: str) -> Any:
    form = {"operation": operation, "amount": amount, "reason": "for the week"}
    path = f"{REQUESTS}propose_request/"
    return client.post(path, {"_form_submitted": "1", **form}, follow=True)


def busy(network: Network) -> Holder:
    """Someone with a wallet who has paid, so that each list has a row."""
    payer, payee = Holder(network, "harbor", 0), Holder(network, "lotus", 0)
    payer.top_up(10_00)
    payer.pay(payee.wallet_id, 1_00)
    network.drain()
    return payer


@pytest.mark.parametrize("username", ["administrator", "treasurer", "auditor"])
def test_staff_sees_every_page_without_personal_data(network: Network, username: str) -> None:
    busy(network)
    secrets = [
        value
        for key in ("full_name", "id_number", "phone")
        for value in (network.people["harbor"][0][key],)
    ]
    with acting_as("harbor"):
        client = as_staff(username)
        for page in PAGES:
            listing = client.get(f"/admin/{page}/")
            assert listing.status_code == 200, page
            rows = [
                href
                for href in listing.content.decode().split('"')
                if href.startswith(f"/admin/{page}/") and href.endswith("/change/")
            ]
            shown = [listing] + [client.get(row) for row in rows[:1]]
            for answer in shown:
                assert answer.status_code == 200
                text = answer.content.decode()
                assert not any(secret in text for secret in secrets), page


def test_nobody_enters_without_a_log_in(network: Network) -> None:
    with acting_as("harbor"):
        for page in PAGES:
            answer = Client().get(f"/admin/{page}/")
            assert answer.status_code == 302
            assert "/admin/login/" in answer["Location"]


@pytest.mark.parametrize("operation", ["issue", "redeem", "lock", "unlock"])
def test_treasurer_asks_the_central_bank(network: Network, operation: str) -> None:
    with acting_as("harbor"):
        assert ask(as_staff("treasurer"), operation, "1,234.50").status_code == 200
        assert not TokenRequest.objects.filter(requested_by="treasurer").exists(), "it takes two"
        decide(as_staff("treasurer"))
        assert not TokenRequest.objects.filter(requested_by="treasurer").exists()
        decide(as_staff("approver"))
        request = TokenRequest.objects.get(requested_by="treasurer")
        assert (request.operation, request.amount) == (operation, 1_234_50)
    network.drain()
    with acting_as("harbor"):
        request.refresh_from_db()
        assert request.status == "done"


@pytest.mark.parametrize("amount", ["0", "-5", "1.234", "a lot", ""])
def test_wrong_amount_is_told_in_the_form(network: Network, amount: str) -> None:
    with acting_as("harbor"):
        before = TokenRequest.objects.count()
        answer = ask(as_staff("treasurer"), "issue", amount)
        assert answer.redirect_chain == []  # the form again
        assert not ApprovalRequest.objects.exists()
        assert TokenRequest.objects.count() == before


def test_refusal_of_the_vault_is_shown(network: Network) -> None:
    with acting_as("harbor"):
        before = TokenRequest.objects.count()
        ask(as_staff("treasurer"), "redeem", "99,000,000.00")
        assert "not hold enough" in decide(as_staff("approver"))
        assert ApprovalRequest.objects.get().state == "proposed"
        assert TokenRequest.objects.count() == before


def test_auditor_asks_for_nothing(network: Network) -> None:
    with acting_as("harbor"):
        before = TokenRequest.objects.count()
        assert ask(as_staff("auditor"), "issue", "1.00").status_code == 403
        assert TokenRequest.objects.count() == before


def test_seeding_again_keeps_a_changed_password(network: Network) -> None:
    with acting_as("harbor"):
        staff()
        user = User.objects.get(username="treasurer")
        user.set_password("changed by hand")
        user.save()
        staff()
        assert Client().login(username="treasurer", password="changed by hand")


def test_break_is_closed_by_who_may_with_the_name(network: Network) -> None:
    with acting_as("harbor"):
        found = Break.objects.create(kind="amount", detail="5 here, 6 in the statement")
        asked = {"action": "resolve", "_selected_action": str(found.id), "reason": "seen"}
        as_staff("auditor").post("/admin/bank_clearing/break/", asked)
        assert Break.objects.get().resolved_at is None
        as_staff("treasurer").post("/admin/bank_clearing/break/", asked)
        assert Break.objects.get().resolved_by == "treasurer"
