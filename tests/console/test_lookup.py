"""The search box: each thing by each of its ids."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cbdc.access.people import propose_role
from cbdc.access.roles import StaffRole
from cbdc.audit.models import AuditEntry
from cbdc.identifiers import wallet_id
from cbdc.messaging.models import InboxMessage, OutboxMessage
from central_bank.clearing.models import ClearingPayment
from central_bank.issuance.models import Token, TokenTransaction
from commercial_banks.clearing.models import Settlement
from commercial_banks.customers.models import Customer
from commercial_banks.treasury.models import VaultToken
from tests.console.support import QUERIES_MAX, links, person
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import Till, scan
from tests.support import acting_as
from tests.transit.conftest import ann as ann
from tests.transit.conftest import cat as cat
from tests.transit.conftest import metro as metro
from tests.transit.support import Metro, Rider
from wallets.accounts.models import Device
from wallets.payments.models import DepositMovement
from wallets.transit.models import Charge
from wallets.webhooks.models import Delivery
from wallets.webhooks.services import keep_endpoint

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
LOOK_UP = "/admin/look-up/"
NOBODYS_ID = "01900000-0000-7000-8000-000000000000"


def look_up(client: Client, text: object) -> Any:
    return client.post(LOOK_UP, {"q": str(text)})


def leads_to(client: Client, text: object) -> set[str]:
    """Where a text leads: to the one page, or to those among which one chooses."""
    with CaptureQueriesContext(connections["default"]) as queries:
        answer = look_up(client, text)
    assert len(queries) <= QUERIES_MAX
    if answer.status_code == 302:
        return {answer["Location"]}
    main = answer.content.decode().partition('class="lookup"')[2]
    return links(main)


def test_bank_finds_each_thing_by_each_of_its_ids(payment_id: str, alice: Holder) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        rows: list[tuple[object, str]] = [
            (alice.wallet_id, f"/admin/accounts/wallet/{alice.wallet_id}/change/"),
            (alice.wallet_id[:4] + " " + alice.wallet_id[4:], "/admin/accounts/wallet/"),
            (alice.deposit_account, "/admin/customers/depositaccount/"),
            (payment_id, f"/admin/payment/{payment_id}/"),
            (payment_id.upper(), f"/admin/payment/{payment_id}/"),
            (Device.objects.get().id, "/admin/accounts/device/"),
            (DepositMovement.objects.get().id, "/admin/payments/depositmovement/"),
            (VaultToken.objects.all()[0].token_id, "/admin/treasury/vaulttoken/"),
            (OutboxMessage.objects.all()[0].id, "/admin/messaging/outboxmessage/"),
            (InboxMessage.objects.all()[0].message_id, "/admin/messaging/inboxmessage/"),
            (Settlement.objects.get().cycle_id, "/admin/bank_clearing/settlement/"),
            (Customer.objects.all()[0].id, "/admin/customers/customer/"),
        ]
        for text, page in rows:
            assert any(found.startswith(page) for found in leads_to(client, text)), text


def test_phone_leads_to_its_wallet_and_customer_and_stands_in_no_address(
    network: Network, alice: Holder
) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        answer = look_up(client, alice.phone)
        page = answer.content.decode()
        assert f"/admin/accounts/wallet/{alice.wallet_id}/change/" in links(page)
        assert any(link.startswith("/admin/customers/customer/") for link in links(page))
        [entry] = AuditEntry.objects.filter(action="look_up_by_phone")
        assert (entry.actor, entry.detail) == ("all", {"found": 2})
        assert alice.phone not in str(entry.content())
        by_address = client.get(LOOK_UP, {"q": alice.phone})
        assert alice.wallet_id not in by_address.content.decode()


def test_order_is_found_by_the_merchants_number(network: Network, alice: Holder) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        shop = Till("harbor")
    order = shop.order(out_trade_no="A-77")
    with acting_as("harbor"):
        page = f"/admin/merchants/order/{order['order_id']}/change/"
        assert leads_to(client, "A-77") == leads_to(client, order["order_id"]) == {page}
        assert client.get(page).status_code == 200


def test_central_bank_finds_each_thing_by_each_of_its_ids(payment_id: str) -> None:
    client = person("all", superuser=True)
    token, transaction = Token.objects.all()[0], TokenTransaction.objects.all()[0]
    cycle = ClearingPayment.objects.get().cycle_id
    rows: list[tuple[object, str]] = [
        (payment_id, f"/admin/payment/{payment_id}/"),
        (token.token_id, f"/admin/issuance/token/{token.token_id}/change/"),
        (transaction.transaction_id, "/admin/issuance/tokentransaction/"),
        (transaction.request_id, "/admin/issuance/tokentransaction/"),
        (cycle, f"/admin/clearing/settlementcycle/{cycle}/change/"),
        ("0011", "/admin/messaging/peer/harbor/change/"),
        (InboxMessage.objects.all()[0].message_id, "/admin/messaging/inboxmessage/"),
        (OutboxMessage.objects.all()[0].id, "/admin/messaging/outboxmessage/"),
    ]
    for text, page in rows:
        assert any(found.startswith(page) for found in leads_to(client, text)), text
    assert "/admin/messaging/peer/harbor/change/" in leads_to(client, "Harbor")


@pytest.mark.parametrize("text", ["", "  ", "x", NOBODYS_ID, "0" * 64, "%", "+8613800000000'"])
def test_what_nobody_has_leads_nowhere(network: Network, text: str) -> None:
    for code in ("central-bank", "harbor"):
        with acting_as(code):
            answer = look_up(person("all", superuser=True), text)
            assert answer.status_code == 200
            assert (b'id="nothing-found"' in answer.content) == bool(text.strip())


def test_nothing_is_found_that_the_person_may_not_see(payment_id: str, alice: Holder) -> None:
    with acting_as("harbor"):
        clerk = person("clerk", "view_operator")
        for text in (payment_id, alice.wallet_id, alice.phone):
            assert b'id="nothing-found"' in look_up(clerk, text).content
        assert clerk.get(f"/admin/payment/{payment_id}/").status_code == 403
        assert Client().get(f"/admin/payment/{payment_id}/").status_code == 302
        assert Client().post(LOOK_UP, {"q": payment_id}).status_code == 302
        wallets = person("teller", "view_wallet")
        page = f"/admin/accounts/wallet/{alice.wallet_id}/change/"
        assert leads_to(wallets, alice.wallet_id) == {page}


def test_journey_and_its_charge_are_found_at_the_operators_and_at_the_riders_bank(
    metro: Metro, ann: Rider, cat: Rider
) -> None:
    metro.upload(*ann.ride("harbour", "park", "10:00"), *cat.ride("harbour", "park", "10:00"))
    metro.settle()
    [own], [told] = ann.journeys(), cat.journeys()
    with acting_as("harbor"):
        client = person("all", superuser=True)
        for journey in (own, told):
            [page] = leads_to(client, journey["journey_id"])
            assert page.startswith("/admin/transit/ratedjourney/")
            assert client.get(page).status_code == 200
        charge = Charge.objects.get(credential_id=cat.credential_id).id
        assert leads_to(client, charge) == {f"/admin/transit/charge/{charge}/change/"}
    with acting_as("lotus"):
        client = person("all", superuser=True)
        answer = look_up(client, told["journey_id"])
        assert "its operator&#x27;s bank" in answer.content.decode()
        page = f"/admin/transit/credential/{cat.credential_id}/change/"
        assert leads_to(client, told["journey_id"]) == {page}
        assert leads_to(client, charge) == {f"/admin/transit/askedfare/{charge}/change/"}
        clerk = person("clerk", "view_wallet")
        assert b'id="nothing-found"' in look_up(clerk, told["journey_id"]).content


def test_central_bank_tells_which_bank_keeps_a_wallet(network: Network, alice: Holder) -> None:
    client = person("all", superuser=True)
    spaced = f"{alice.wallet_id[:4]} {alice.wallet_id[4:10]}-{alice.wallet_id[10:]}"
    for text in (alice.wallet_id, spaced):
        answer = look_up(client, text)
        assert answer.status_code == 200  # not led to a page that is not the wallet's
        page = answer.content.decode()
        assert f"Bank that keeps wallet {alice.wallet_id}" in page
        assert "harbor" in page
        assert leads_to(client, text) == {"/admin/messaging/peer/harbor/change/"}
    wrong = str(int(alice.wallet_id) ^ 1).zfill(16)
    for text in (wrong, wallet_id("0099", 1), alice.wallet_id + "0"):
        assert b'id="nothing-found"' in look_up(client, text).content, text
    clerk = person("clerk", "view_token")
    assert b'id="nothing-found"' in look_up(clerk, alice.wallet_id).content


def test_bank_tells_which_other_bank_keeps_a_wallet(network: Network, carol: Holder) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        answer = look_up(client, carol.wallet_id)
        assert f"Bank that keeps wallet {carol.wallet_id}" in answer.content.decode()
        page = "/admin/bank_clearing/directoryentry/0012/change/"
        assert leads_to(client, carol.wallet_id) == {page}
        assert client.get(page).status_code == 200
        clerk = person("clerk", "view_wallet")
        assert b'id="nothing-found"' in look_up(clerk, carol.wallet_id).content


def test_central_bank_says_what_only_a_bank_knows(network: Network) -> None:
    order = Till("harbor").order()
    answer = look_up(person("all", superuser=True), order["order_id"])
    assert b'id="nothing-found"' in answer.content
    assert b"known to their bank alone" in answer.content


def test_request_and_webhook_event_are_found_at_a_bank(network: Network, alice: Holder) -> None:
    shop = Till("harbor")
    with acting_as("harbor"):
        owner = UUID(shop.merchant_id)
        keep_endpoint(owner_id=owner, url="https://example.com/hook", events=["order.paid"])
    scan(alice, shop.order())
    with acting_as("harbor"):
        client = person("all", superuser=True)
        delivery = Delivery.objects.get()
        page = f"/admin/webhooks/delivery/{delivery.pk}/change/"
        assert leads_to(client, delivery.event_id) == {page}
        boss = User.objects.get(username="all")
        request = propose_role(
            person=boss, role=StaffRole.VIEWER.value, maker=boss, reason="new desk"
        )
        page = f"/admin/approvals/approvalrequest/{request.id}/change/"
        assert leads_to(client, request.id) == {page}


def test_payment_that_is_not_here_is_not_found(network: Network) -> None:
    for code in ("central-bank", "harbor"):
        with acting_as(code):
            client = person("all", superuser=True)
            assert client.get(f"/admin/payment/{NOBODYS_ID}/").status_code == 404
