"""The search box: each thing by each of its ids, and a payment's whole life on one page."""

from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cbdc.audit.models import AuditEntry
from cbdc.messaging.models import InboxMessage, OutboxMessage
from central_bank.clearing.models import ClearingPayment
from central_bank.clearing.settlement import settle_cycle
from central_bank.issuance.models import Token, TokenTransaction
from commercial_banks.clearing.models import Settlement
from commercial_banks.customers.models import Customer
from commercial_banks.treasury.models import VaultToken
from tests.central_bank.support import close
from tests.console.support import QUERIES_MAX, links, person
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import Till, scan
from tests.support import acting_as
from wallets.accounts.models import Device
from wallets.merchants.models import Refund
from wallets.payments.models import DepositMovement, Payment

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
TRANSACTION = {"BEGIN", "COMMIT"}  # of the audit entry; they ask nothing
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


@pytest.fixture
def payment_id(network: Network, alice: Holder, carol: Holder) -> str:
    """Alice at harbor has paid carol at lotus, and it is settled."""
    paid = alice.pay(carol.wallet_id, 20_00).json()["payment_id"]
    network.drain()
    settle_cycle(close())
    network.drain()
    return str(paid)


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


def life(code: str, payment_id: str) -> str:
    """The page of a payment's life at an institution."""
    with acting_as(code):
        client = person("all", superuser=True)
        with CaptureQueriesContext(connections["default"]) as queries:
            answer: Any = client.get(f"/admin/payment/{payment_id}/")
        assert answer.status_code == 200, code
        asked = [query["sql"][:80] for query in queries if query["sql"] not in TRANSACTION]
        assert len(asked) <= QUERIES_MAX, asked
        page: str = answer.content.decode()
        return page


def test_life_of_a_payment_between_banks_is_whole_at_all_three(
    payment_id: str, alice: Holder, carol: Holder
) -> None:
    payer = life("harbor", payment_id)
    for said in (
        *["20.00", "completed", "settled with its cycle", "its cycle was reconciled"],
        *["interbank out (pending)", "interbank out (post)", "pacs.008", "pacs.002"],
        *["valid, key", "signed by us, taken at"],
    ):
        assert said in payer, said
    assert "NOT VALID" not in payer
    assert f"/admin/accounts/wallet/{alice.wallet_id}/change/" in links(payer)
    assert f"/admin/accounts/wallet/{carol.wallet_id}/change/" not in links(payer)
    payee = life("lotus", payment_id)
    for said in ("from another bank", "interbank in", "pacs.008", "No device of this bank"):
        assert said in payee, said
    central = life("central-bank", payment_id)
    for said in ("came in", "decided: completed", "cycle 1, settled", "from harbor", "from lotus"):
        assert said in central, said


def test_life_tells_a_signature_that_is_not_the_payers(payment_id: str) -> None:
    with acting_as("harbor"):
        Payment.objects.filter(id=payment_id).update(signature_base="another text")
    assert "NOT VALID" in life("harbor", payment_id)


def test_life_of_an_order_tells_its_refund_and_webhook(network: Network, alice: Holder) -> None:
    with acting_as("harbor"):
        person("all", superuser=True)
    shop = Till("harbor")
    order = shop.order()
    payment = scan(alice, order).json()["payment_id"]
    page = life("harbor", payment)
    assert f"/admin/merchants/order/{order['order_id']}/change/" in links(page)
    assert "the order was paid" in page
    shop.refund(order, 5_00)
    with acting_as("harbor"):
        refund = Refund.objects.get()
    assert f"/admin/merchants/refund/{refund.id}/change/" in links(
        life("harbor", str(refund.payment_id))
    )


def test_payment_that_is_not_here_is_not_found(network: Network) -> None:
    for code in ("central-bank", "harbor"):
        with acting_as(code):
            client = person("all", superuser=True)
            assert client.get(f"/admin/payment/{NOBODYS_ID}/").status_code == 404
