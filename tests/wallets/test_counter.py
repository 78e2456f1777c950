"""The counter: firms get wallets, people are raised to category 1, wallets are frozen."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from cbdc.approvals.models import ApprovalRequest
from cbdc.audit.models import AuditEntry
from cbdc.clock import now
from commercial_banks.customers.models import DepositAccount
from tests.access.approving import approve
from tests.commercial_banks.test_admin import as_staff
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from wallets.accounts.models import Upgrade, Wallet
from wallets.accounts.seeds import counter

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
CREDIT_CODE = "91110000600037341L"
PAGE = "/admin/accounts/wallet/"


def teller() -> Client:
    [person] = (counter() or {})["staff"]
    client = Client()
    assert client.login(username=person["username"], password=person["password"])
    return client


def says(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def open_firm(client: Client, phone: str, **fields: str) -> Any:
    form = {
        "firm_name": "Harbour Coffee Co.",
        "credit_code": CREDIT_CODE,
        "phone": phone,
        "category": "1",
        "reason": "licence seen",
        **fields,
    }
    return client.post(f"{PAGE}add/", form, follow=True)


def act(client: Client, holder: Holder, name: str, **form: str) -> Any:
    path = reverse(f"admin:accounts_wallet_{name}", args=[holder.wallet_id])
    assert client.get(path).status_code == 200
    return client.post(path, {**form, "_form_submitted": "1"}, follow=True)


def test_firms_wallet_is_operated_by_the_phone_that_was_named(
    network: Network, alice: Holder, bob: Holder
) -> None:
    with acting_as("harbor"):
        client = teller()
        wrong = open_firm(client, alice.phone, credit_code="91110000600037341X")
        assert "credit_code" in says(wrong)
        assert Wallet.objects.filter(kind="corporate").count() == 0
        assert open_firm(client, alice.phone).status_code == 200
        firm = Wallet.objects.get(kind="corporate")
        account = DepositAccount.objects.get(customer__kind="firm")
    own, corporate = alice.get("/api/v1/wallets").json()["data"]
    assert own["wallet_id"] == alice.wallet_id
    assert (corporate["kind"], corporate["category"]) == ("corporate", 1)
    assert corporate["name"] == "Harbour Coffee Co."
    assert set(corporate["limits"].values()) == {None}
    papers = network.people["harbor"][0]
    upgrade = {"category": 2, **{name: papers[name] for name in ("full_name", "id_number")}}
    upgrade["deposit_account"] = alice.deposit_account
    refused = alice.post(f"/api/v1/wallets/{firm.wallet_id}/upgrade", upgrade)
    assert refused.json()["code"] == "validation_failed"
    assert alice.pay(firm.wallet_id, 30_00).status_code == 201
    paid = {"payer_wallet": firm.wallet_id, "payee_wallet": bob.wallet_id, "amount": 5_00}
    assert bob.post("/api/v1/payments", paid).json()["code"] == "not_found"
    assert alice.post("/api/v1/payments", paid).status_code == 201
    withdrawals = f"/api/v1/wallets/{firm.wallet_id}/withdrawals"
    theirs = {"amount": 1_00, "deposit_account": alice.deposit_account}
    assert alice.post(withdrawals, theirs).json()["code"] == "not_found"
    assert alice.post(withdrawals, {**theirs, "deposit_account": account.number}).status_code == 201


def test_one_freezes_and_two_unfreeze_with_a_reason_and_a_case(alice: Holder) -> None:
    with acting_as("harbor"):
        client = teller()
        act(client, alice, "freeze_wallet", reason="court order 7")
        assert Wallet.objects.get(pk=alice.wallet_id).status == "active", "a case has a number"
        act(client, alice, "freeze_wallet", reason="court order", case="C-7")
        assert Wallet.objects.get(pk=alice.wallet_id).frozen_by == "bank"
        act(client, alice, "propose_unfreezing", reason="lifted", case="C-7")
        assert Wallet.objects.get(pk=alice.wallet_id).frozen_by == "bank", "it takes two"
        approve()
        assert Wallet.objects.get(pk=alice.wallet_id).status == "active"
        entries = LogEntry.objects.order_by("action_time")
        assert [(str(e.user), e.change_message) for e in entries] == [
            ("teller", "Frozen, case C-7: court order"),
            ("teller", "Proposed to unfreeze, case C-7: lifted"),
        ]


def test_person_at_the_counter_gets_category_1(network: Network, alice: Holder) -> None:
    person = network.people["harbor"][0]
    papers = {name: person[name] for name in ("full_name", "id_number", "deposit_account")}
    papers["reason"] = "identity card"
    with acting_as("harbor"):
        client = teller()
        answer = act(client, alice, "propose_raising", **{**papers, "full_name": "No One"})
        assert "identity" in says(answer)
        act(client, alice, "propose_raising", **papers)
        assert Wallet.objects.get(pk=alice.wallet_id).category == 4, "it takes two"
        approve()
        upgrade = Upgrade.objects.get()
        assert (upgrade.from_category, upgrade.to_category, upgrade.by) == (4, 1, "teller")
        assert (upgrade.outcome, upgrade.reviewed_by) == ("confirmed", "second")
        kept = [LogEntry.objects, ApprovalRequest.objects, AuditEntry.objects]
        said = str([list(rows.values_list()) for rows in kept])
        assert "identity card" in said
        assert not any(papers[name] in said for name in ("id_number", "full_name"))
        assert "category 1 already" in says(act(client, alice, "propose_raising", **papers))
    assert alice.wallet()["category"] == 1
    assert set(alice.wallet()["limits"].values()) == {None}


def test_who_may_only_look_changes_nothing(alice: Holder) -> None:
    with acting_as("harbor"):
        client = as_staff("auditor")
        assert open_firm(client, alice.phone).status_code == 403
        path = reverse("admin:accounts_wallet_freeze_wallet", args=[alice.wallet_id])
        answer = client.post(path, {"reason": "x", "_form_submitted": "1"})
        assert answer.status_code == 403
        assert Wallet.objects.get(pk=alice.wallet_id).status == "active"


def test_wallet_that_was_closed_meanwhile_is_not_raised(network: Network, alice: Holder) -> None:
    person = network.people["harbor"][0]
    papers = {name: person[name] for name in ("full_name", "id_number", "deposit_account")}
    with acting_as("harbor"):
        act(teller(), alice, "propose_raising", **papers, reason="identity card")
        Wallet.objects.filter(pk=alice.wallet_id).update(status="closed", closed_at=now())
        assert "closed" in approve()
        assert Wallet.objects.get(pk=alice.wallet_id).category == 4
        assert not Upgrade.objects.exists()


def test_nobody_adds_without_a_reason(alice: Holder) -> None:
    with acting_as("harbor"):
        answer = open_firm(teller(), alice.phone, reason="")
        assert "This field is required" in answer.content.decode()
        assert Wallet.objects.filter(kind="corporate").count() == 0
