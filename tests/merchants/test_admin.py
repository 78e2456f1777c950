"""The staff's pages of merchants: two people take one on; keys, refunds, returns."""

import json
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connections
from django.test import Client
from django.urls import reverse

from cbdc.approvals.models import ApprovalRequest
from cbdc.audit.models import AuditEntry
from cbdc.clock import now
from commercial_banks.customers.privacy import look_up_hash
from tests.access.approving import approve, decide
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import ORDERS, PRICE, Till, refused, scan
from tests.support import acting_as
from tests.wallets.test_counter import CREDIT_CODE, says
from wallets.accounts.models import Wallet
from wallets.merchants.models import ApiKey, Merchant, Papers, Refund, Return

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
    "reason": "licence and statutes seen",
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


def propose(client: Client, **changes: str) -> Any:
    """Have the firm proposed by the button above the list of merchants."""
    form = {"_form_submitted": "1", **FIRM, **changes}
    return client.post("/admin/merchants/merchant/propose_merchant/", form, follow=True)


def test_two_people_take_a_merchant_on_and_its_key_places_an_order(
    shop: Till, caplog: pytest.LogCaptureFixture
) -> None:
    with acting_as("harbor"):
        maker, checker = staff("acquirer"), staff("acquiring-checker")
        shown = propose(maker).content.decode()
        request = ApprovalRequest.objects.get(subject=FIRM["name"])
        assert (request.kind, request.state) == ("take_merchant_on", "proposed")
        assert str(request.maker) == "acquirer"
        assert CREDIT_CODE in shown, "the person is shown what was proposed"
        assert not Merchant.objects.filter(name=FIRM["name"]).exists()
        page = checker.get(f"/admin/approvals/approvalrequest/{request.id}/change/")
        assert CREDIT_CODE in page.content.decode()
        assert FIRM["reason"] in page.content.decode()
        assert json.loads(Papers.objects.get().content)["phone"] == PHONE

        decide(checker, reason="licence compared")
        request.refresh_from_db()
        assert (request.state, str(request.checker)) == ("approved", "acquiring-checker")
        assert request.decision_reason == "licence compared"
        merchant = Merchant.objects.get(name=FIRM["name"])
        assert merchant.id == request.id
        assert (merchant.fee_basis_points, merchant.fee_floor, merchant.fee_cap) == (60, 5, 10_00)
        wallet = Wallet.objects.get(wallet_id=merchant.wallet_id)
        assert (wallet.kind, wallet.category) == ("corporate", 1)
        assert wallet.phone_hash == look_up_hash(PHONE)
        assert not Papers.objects.exists(), "what was personal is forgotten when it is decided"

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
        assert "is approved" in decide_on(checker, request)
        assert Merchant.objects.filter(name=FIRM["name"]).count() == 1
    order = till.order()
    assert order["status"] == "open"
    with acting_as("harbor"):
        pages = [
            maker.get(f"/admin/{what}/").content.decode()
            for what in (
                *("approvals/approvalrequest", "merchants/apikey"),
                *("merchants/merchant", "merchants/order"),
            )
        ]
        logged = " ".join(entry.change_message for entry in LogEntry.objects.all())
        audited = str(list(AuditEntry.objects.values_list("detail", flat=True)))
        kept = str(list(ApprovalRequest.objects.values_list("payload", flat=True)))
    everything = " ".join([*pages, logged, audited, kept, caplog.text])
    assert till.key not in everything
    assert PHONE not in everything
    assert "asked for by letter" in logged
    assert "licence compared" in audited


def decide_on(client: Client, request: ApprovalRequest) -> str:
    """Approve one request again; what the page says."""
    form = {"action": "approve", "_selected_action": [str(request.id)]}
    return says(client.post("/admin/approvals/approvalrequest/", form, follow=True))


def test_maker_does_not_decide(shop: Till) -> None:
    with acting_as("harbor"):
        maker = staff("acquirer")
        propose(maker)
        request = ApprovalRequest.objects.get(subject=FIRM["name"])
        decide(maker)
        request.refresh_from_db()
        assert request.state == "proposed", "an operator approves nothing"
        both = User.objects.get(username="acquirer")
        both.user_permissions.add(Permission.objects.get(codename="change_approvalrequest"))
        assert "maker of a request cannot approve it" in decide(maker)
        request.refresh_from_db()
        assert request.state == "proposed"
        assert not Merchant.objects.filter(name=FIRM["name"]).exists()


def test_proposal_that_is_turned_down_says_why(shop: Till) -> None:
    with acting_as("harbor"):
        maker = staff("acquirer")
        propose(maker)
        request = ApprovalRequest.objects.get(subject=FIRM["name"])
        checker = staff("acquiring-checker")
        assert "Give a reason" in decide(checker, "refuse", reason="")
        request.refresh_from_db()
        assert request.state == "proposed"
        decide(checker, "refuse", reason="no licence")
        request.refresh_from_db()
        assert (request.state, request.decision_reason) == ("refused", "no licence")
        page = maker.get(f"/admin/approvals/approvalrequest/{request.id}/change/")
        assert "no licence" in page.content.decode()
        assert not Merchant.objects.filter(name=FIRM["name"]).exists()
        assert not Papers.objects.exists()


def test_papers_of_another_request_open_nothing(shop: Till) -> None:
    with acting_as("harbor"):
        propose(staff("acquirer"))
        propose(staff("acquirer"), phone="+8613900110088")
        first, second = Papers.objects.order_by("kept_at")
        with connections["default"].cursor() as cursor:  # as who administers the database might
            cursor.execute(
                "UPDATE merchants_papers SET content = (SELECT content FROM merchants_papers "
                "WHERE id = %s) WHERE id = %s",
                [second.id, first.id],
            )
        said = decide(staff("acquiring-checker"))
        assert "papers are those of another request" in said
        states = ApprovalRequest.objects.filter(subject=FIRM["name"]).order_by("created_at")
        assert list(states.values_list("state", flat=True)) == ["proposed", "approved"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"credit_code": "91110000600037341X"}, "credit_code"),
        ({"hot": "on"}, "A hot wallet pays no fee"),
        ({"fee_cap": "0.01"}, "floor to cap"),
        ({"qr_name": "面馆"}, "No QR code carries this"),
    ],
)
def test_wrong_proposal_is_refused_with_the_reason(
    shop: Till, fields: dict[str, str], told: str
) -> None:
    with acting_as("harbor"):
        answer = propose(staff("acquirer"), **fields)
        assert told in says(answer)
        assert not ApprovalRequest.objects.filter(subject=FIRM["name"]).exists()
        assert not Papers.objects.exists()
        assert AuditEntry.objects.filter(action="take_merchant_on_refused").exists()


def test_fees_and_suspension_take_two_people(shop: Till) -> None:
    with acting_as("harbor"):
        maker = staff("acquirer")
        fees = {"fee_basis_points": "38", "reason": "new contract"}
        act(maker, "merchant", shop.merchant_id, "propose_fees", **fees)
        act(maker, "merchant", shop.merchant_id, "propose_suspension", reason="complaints")
        assert Merchant.objects.get(id=shop.merchant_id).fee_basis_points == 0
        decide(staff("acquiring-checker"))
        merchant = Merchant.objects.get(id=shop.merchant_id)
        assert (merchant.fee_basis_points, merchant.status) == (38, "suspended")
        again = act(maker, "merchant", shop.merchant_id, "propose_suspension", reason="again")
        assert "suspended already" in says(again)
    assert refused(shop.get(ORDERS)) == (403, "permission_denied")
    with acting_as("harbor"):
        act(maker, "merchant", shop.merchant_id, "propose_reinstatement", reason="put right")
        decide(staff("acquiring-checker"))
    assert shop.get(ORDERS).status_code == 200


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
        for what in ("shop", "terminal", "apikey"):
            assert client.get(f"/admin/merchants/{what}/").status_code == 200
            assert client.get(f"/admin/merchants/{what}/add/").status_code == 403, what
        refusals = [
            act(client, "apikey", key.id, "revoke", reason="x"),
            act(client, "merchant", shop.merchant_id, "propose_suspension", reason="x"),
            act(client, "merchant", shop.merchant_id, "propose_fees", fee_basis_points="1"),
            propose(client),
            act(client, "order", order["order_id"], "propose_refund", amount="1", reason="x"),
        ]
        assert {answer.status_code for answer in refusals} == {403}
        assert ApprovalRequest.objects.filter(state="proposed").count() == 0
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
