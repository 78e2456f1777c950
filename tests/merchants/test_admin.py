"""The staff's pages of merchants: two people take one on; keys, refunds, returns."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from cbdc.clock import now
from tests.access.approving import approve
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import ORDERS, PRICE, Till, refused, scan
from tests.support import acting_as
from tests.wallets.test_counter import CREDIT_CODE, says
from wallets.accounts.models import Wallet
from wallets.merchants.models import ApiKey, Application, Merchant, Refund, Return

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
PHONE = "+8613900110077"
FIRM = {
    "firm_name": "Noodle Bar Co.",
    "credit_code": CREDIT_CODE,
    "phone": PHONE,
    "name": "Noodle Bar 面馆",
    "qr_name": "NOODLE BAR",
    "city": "SHANGHAI",
    "category": "5812",
    "fee_basis_points": "60",
    "fee_floor": "0.05",
    "fee_cap": "10.00",
}


def staff(username: str) -> Client:
    client = Client()
    assert client.login(username=username, password=f"{username}-devnet-1")
    return client


def add(client: Client, what: str, **form: Any) -> Any:
    return client.post(f"/admin/merchants/{what}/add/", form, follow=True)


def act(client: Client, what: str, pk: object, name: str, **form: str) -> Any:
    path = reverse(f"admin:merchants_{what}_{name}", args=[pk])
    return client.post(path, {"_form_submitted": "1", **form}, follow=True)


def key_on(answer: Any) -> str:
    """The key that the page shows, this once."""
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r"data-secret>(sk_[A-Za-z0-9_-]{43})<", answer.content.decode())
    assert found is not None, answer.content.decode()[-2000:]
    return found[1]


def test_two_people_take_a_merchant_on_and_its_key_places_an_order(
    shop: Till, caplog: pytest.LogCaptureFixture
) -> None:
    with acting_as("harbor"):
        maker, checker = staff("acquirer"), staff("acquiring-checker")
        assert add(maker, "application", **FIRM).status_code == 200
        application = Application.objects.get(subject=FIRM["name"])
        assert (application.state, application.maker) == ("proposed", "acquirer")
        assert not Merchant.objects.filter(name=FIRM["name"]).exists()
        page = checker.get(f"/admin/merchants/application/{application.id}/change/")
        assert "credit code: " + CREDIT_CODE in page.content.decode()
        assert PHONE not in page.content.decode()

        act(checker, "application", application.id, "approve", reason="papers seen")
        application.refresh_from_db()
        assert (application.state, application.checker) == ("approved", "acquiring-checker")
        merchant = Merchant.objects.get(name=FIRM["name"])
        assert (merchant.fee_basis_points, merchant.fee_floor, merchant.fee_cap) == (60, 5, 10_00)
        wallet = Wallet.objects.get(wallet_id=merchant.wallet_id)
        assert (wallet.kind, wallet.category) == ("corporate", 1)

        answer = add(
            maker,
            "apikey",
            merchant=merchant.id,
            name="web shop",
            scopes=["orders"],
            reason="asked for by letter",
        )
        till = shop.other_key()
        till.key = key_on(answer)
        again = act(checker, "application", application.id, "approve", reason="twice")
        assert "decided before" in says(again)
    order = till.order()
    assert order["status"] == "open"
    with acting_as("harbor"):
        pages = [
            maker.get(f"/admin/merchants/{what}/").content.decode()
            for what in ("apikey", "application", "merchant", "order")
        ]
        logged = " ".join(entry.change_message for entry in LogEntry.objects.all())
    everything = " ".join([*pages, logged, caplog.text])
    assert till.key not in everything
    assert PHONE not in everything
    assert "asked for by letter" in logged


def test_maker_does_not_decide(shop: Till) -> None:
    with acting_as("harbor"):
        maker = staff("acquirer")
        add(maker, "application", **FIRM)
        application = Application.objects.get(subject=FIRM["name"])
        assert act(maker, "application", application.id, "approve", reason="x").status_code == 403
        both = User.objects.get(username="acquirer")
        both.user_permissions.add(Permission.objects.get(codename="decide_application"))
        answer = act(maker, "application", application.id, "approve", reason="x")
        assert "Another person must decide" in says(answer)
        application.refresh_from_db()
        assert application.state == "proposed"


def test_proposal_that_is_turned_down_says_why(shop: Till) -> None:
    with acting_as("harbor"):
        add(staff("acquirer"), "application", **FIRM)
        application = Application.objects.get(subject=FIRM["name"])
        checker = staff("acquiring-checker")
        act(checker, "application", application.id, "turn_down", reason="no licence")
        application.refresh_from_db()
        assert (application.state, application.reason) == ("refused", "no licence")
        assert not Merchant.objects.filter(name=FIRM["name"]).exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"credit_code": "91110000600037341X"}, "credit_code"),
        ({"hot": "on"}, "A hot wallet pays no fee"),
        ({"fee_cap": "0.01"}, "floor to cap"),
        ({"qr_name": "面馆"}, "No QR code carries this"),
    ],
)
def test_wrong_application_is_refused_with_the_reason(
    shop: Till, fields: dict[str, str], told: str
) -> None:
    with acting_as("harbor"):
        answer = add(staff("acquirer"), "application", **{**FIRM, **fields})
        assert told in says(answer)
        assert not Application.objects.filter(subject=FIRM["name"]).exists()


def test_fees_and_suspension_take_two_people(shop: Till) -> None:
    with acting_as("harbor"):
        maker, checker = staff("acquirer"), staff("acquiring-checker")
        act(maker, "merchant", shop.merchant_id, "propose_fees", fee_basis_points="38")
        act(maker, "merchant", shop.merchant_id, "propose_suspension", reason="complaints")
        assert Merchant.objects.get(id=shop.merchant_id).fee_basis_points == 0
        for application in Application.objects.filter(state="proposed").order_by("proposed_at"):
            act(checker, "application", application.id, "approve", reason="seen")
        merchant = Merchant.objects.get(id=shop.merchant_id)
        assert (merchant.fee_basis_points, merchant.status) == (38, "suspended")
    assert refused(shop.get(ORDERS)) == (403, "permission_denied")


def test_key_is_replaced_with_overlap_and_revoked_at_once(shop: Till) -> None:
    with acting_as("harbor"):
        maker = staff("acquirer")
        merchant = {"merchant": shop.merchant_id, "reason": "new server"}
        first = add(maker, "apikey", name="web", scopes=["orders"], **merchant)
        till = shop.other_key()
        till.key = key_on(first)
        old = ApiKey.objects.get(name="web")
        second = shop.other_key()
        second.key = key_on(add(maker, "apikey", replaces=old.id, **merchant))
        old.refresh_from_db()
        assert old.expires_at is not None
    assert till.get(ORDERS).status_code == second.get(ORDERS).status_code == 200
    with acting_as("harbor"):
        act(maker, "apikey", old.id, "revoke", reason="lost")
    assert refused(till.get(ORDERS)) == (401, "authentication_required")
    assert second.get(ORDERS).status_code == 200


def test_key_of_anothers_shop_is_not_made(shop: Till) -> None:
    with acting_as("harbor"):
        maker = staff("acquirer")
        answer = add(maker, "apikey", merchant=shop.merchant_id, scopes=["orders"], reason="x")
        assert b"has a name" in answer.content
        assert ApiKey.objects.count() == 1


def test_staff_refund_for_a_merchant(network: Network, shop: Till, alice: Holder) -> None:
    order = shop.order()
    scan(alice, order)
    with acting_as("harbor"):
        maker = staff("acquirer")
        form = {"amount": "5.00", "reason": "by phone"}
        act(maker, "order", order["order_id"], "propose_refund", **form)
        assert not Refund.objects.exists(), "it takes two"
        approve()
        refund = Refund.objects.get()
        assert (refund.amount, refund.status, refund.reason) == (5_00, "completed", "by phone")
        too_much = form | {"amount": "14"}
        refused = act(maker, "order", order["order_id"], "propose_refund", **too_much)
        assert says(refused)
        approve()
        assert Refund.objects.count() == 1
        [entry] = LogEntry.objects.filter(object_id=order["order_id"])
        assert "by phone" in entry.change_message
    assert shop.see(order)["refunded"] == 5_00
    assert shop.balance == PRICE - 5_00


def test_return_that_was_given_up_is_tried_again(shop: Till) -> None:
    with acting_as("harbor"):
        row = Return.objects.create(
            amount=1,
            merchant_id=shop.merchant_id,
            order_reference="x",
            cause="no_order",
            payer_wallet="0012000000000014",
            payee_wallet=shop.wallet_id,
            status="rejected",
            attempts=30,
        )
        post = {"action": "try_again", "_selected_action": [str(row.id)], "reason": "asked"}
        staff("acquiring-checker").post("/admin/merchants/return/", post)
        row.refresh_from_db()
        assert row.status == "rejected", "that is an operator's work"
        staff("acquirer").post("/admin/merchants/return/", post)
        row.refresh_from_db()
        assert (row.status, row.tries_max) == ("pending", 60)
        assert row.due_at is not None
        assert row.due_at <= now()


def test_viewer_changes_nothing(shop: Till, alice: Holder) -> None:
    order = shop.order()
    scan(alice, order)
    with acting_as("harbor"):
        viewer = User.objects.create_user("viewer", password="viewer-devnet-1", is_staff=True)
        viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
        client = staff("viewer")
        key = ApiKey.objects.get()
        for what in ("application", "shop", "terminal", "apikey"):
            assert client.get(f"/admin/merchants/{what}/").status_code == 200
            assert client.get(f"/admin/merchants/{what}/add/").status_code == 403, what
        refusals = [
            act(client, "apikey", key.id, "revoke", reason="x"),
            act(client, "merchant", shop.merchant_id, "propose_suspension", reason="x"),
            act(client, "merchant", shop.merchant_id, "propose_fees", fee_basis_points="1"),
            act(client, "order", order["order_id"], "propose_refund", amount="1", reason="x"),
        ]
        assert {answer.status_code for answer in refusals} == {403}
        assert Application.objects.filter(state="proposed").count() == 0
        assert (Refund.objects.count(), ApiKey.objects.get().revoked_at) == (0, None)


def test_order_is_found_by_any_of_its_numbers(shop: Till, alice: Holder) -> None:
    order = shop.order(out_trade_no="A-77")
    payment = scan(alice, order).json()
    shop.order(out_trade_no="B-1")
    with acting_as("harbor"):
        client = staff("acquirer")
        for number in ("A-77", order["order_id"], payment["payment_id"]):
            page = client.get("/admin/merchants/order/", {"q": number}).content.decode()
            assert "A-77" in page
            assert "B-1" not in page, number
