"""The work of a bank's staff at wallets: opened, reviewed, closed; devices; parked messages."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connections
from django.test import Client
from django.urls import reverse

from cbdc.audit.models import AuditEntry
from cbdc.clock import now
from cbdc.messaging.models import OutboxMessage
from cbdc.messaging.services import send_again
from commercial_banks.clearing.audit import audit_bank
from tests.access.approving import approve, decide, second_person
from tests.central_bank.support import at_once
from tests.commercial_banks.test_admin import as_staff
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from tests.wallets.test_counter import act, says, teller
from wallets.accounts.models import Upgrade, Wallet

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
OPEN = "/admin/accounts/wallet/open_for_person/"
PAPERS = {
    "full_name": "Zhao Lei",
    "id_number": "11010519491231002X",
    "phone": "+8613911112222",
    "reason": "identity card",
}


def open_for(client: Client, **changes: str) -> Any:
    return client.post(OPEN, {"_form_submitted": "1", **PAPERS, **changes}, follow=True)


def review(client: Client, upgrade: Upgrade, name: str) -> Any:
    path = reverse(f"admin:accounts_upgrade_{name}", args=[upgrade.pk])
    return client.post(path, {"_form_submitted": "1", "reason": "seen"}, follow=True)


def second_operator() -> Client:
    client = Client()
    client.force_login(User.objects.get(username="treasurer"))
    return client


def test_person_without_a_wallet_gets_category_1_at_the_counter(network: Network) -> None:
    with acting_as("harbor"):
        client = teller()
        open_for(client)
        wallet = Wallet.objects.get()
        assert (wallet.category, wallet.kind) == (1, "personal")
        entry = AuditEntry.objects.get(action="open_for_person")
        assert (entry.actor, entry.subject) == ("teller", wallet.wallet_id)
        assert not any(PAPERS[name] in str(entry.detail) for name in ("full_name", "phone"))
        assert "has_wallet" in says(open_for(client)) or "raise that one" in says(open_for(client))
        assert Wallet.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "wrong"), [("id_number", "110105194912310021"), ("phone", "139"), ("full_name", "")]
)
def test_impossible_papers_open_nothing(network: Network, field: str, wrong: str) -> None:
    with acting_as("harbor"):
        open_for(teller(), **{field: wrong})
        assert not Wallet.objects.exists()


def test_known_number_under_another_name_opens_nothing(network: Network) -> None:
    person = network.people["harbor"][0]
    with acting_as("harbor"):
        open_for(teller(), id_number=person["id_number"], full_name="Somebody Else")
        assert not Wallet.objects.exists()
        refused = AuditEntry.objects.get(action="open_for_person_refused")
        assert refused.detail["code"] == "kyc_mismatch"


def test_upgrade_is_reviewed_by_somebody_else(network: Network) -> None:
    with acting_as("harbor"):
        client = teller()
        open_for(client)
        upgrade = Upgrade.objects.get()
        assert (upgrade.from_category, upgrade.to_category, upgrade.by) == (4, 1, "teller")
        assert "does not review" in says(review(client, upgrade, "confirm"))
        as_staff("treasurer")
        review(second_operator(), upgrade, "confirm")
        upgrade.refresh_from_db()
        assert (upgrade.outcome, upgrade.reviewed_by) == ("confirmed", "treasurer")
        assert "has reviewed" in says(review(second_operator(), upgrade, "take_back"))
        with pytest.raises(IntegrityError, match="reviewed_by_another"):
            Upgrade.objects.filter(pk=upgrade.pk).update(reviewed_by="teller")


def test_remote_upgrade_waits_for_review_and_is_taken_back(network: Network, alice: Holder) -> None:
    person = network.people["harbor"][0]
    body = {"category": 3, "full_name": person["full_name"], "id_number": person["id_number"]}
    path = f"/api/v1/wallets/{alice.wallet_id}/upgrade"
    for _ in range(2):
        assert alice.post(path, body).status_code == 200
    assert alice.wallet()["limits"]["balance"] == 20_000_00
    with acting_as("harbor"):
        upgrade = Upgrade.objects.get()
        review(teller(), upgrade, "take_back")
    assert alice.wallet()["category"] == 4
    assert alice.wallet()["limits"]["balance"] == 10_000_00


def test_wallet_is_closed_by_two_and_pays_its_holder_out(alice: Holder) -> None:
    alice.top_up(50_00)
    with acting_as("harbor"):
        client = teller()
        form = {"deposit_account": alice.deposit_account, "reason": "moves abroad"}
        act(client, alice, "propose_closing", **form)
        assert Wallet.objects.get(pk=alice.wallet_id).status == "active"
        decide(client)
        assert Wallet.objects.get(pk=alice.wallet_id).status == "active", "no right to approve"
        approve()
        assert Wallet.objects.get(pk=alice.wallet_id).status == "closed"
        assert audit_bank() == []


def test_wallet_is_not_paid_out_to_another(alice: Holder, network: Network) -> None:
    before = alice.balance
    with acting_as("harbor"):
        other = network.people["harbor"][1]["deposit_account"]
        act(teller(), alice, "propose_closing", deposit_account=other, reason="x")
        assert "no such deposit account" in approve()
        assert Wallet.objects.get(pk=alice.wallet_id).status == "active"
    assert alice.balance == before


def test_two_approvers_at_once_close_a_wallet_once(alice: Holder) -> None:
    alice.top_up(50_00)
    with acting_as("harbor"):
        form = {"deposit_account": alice.deposit_account, "reason": "x"}
        act(teller(), alice, "propose_closing", **form)
        clients = [second_person(f"second-{number}") for number in range(4)]

        def run(client: Client) -> str:
            try:
                with acting_as("harbor"):
                    return decide(client)
            finally:
                connections.close_all()

        at_once(*[lambda client=client: run(client) for client in clients])
        assert Wallet.objects.get(pk=alice.wallet_id).status == "closed"
        assert AuditEntry.objects.filter(action="approve_close_wallet").count() == 1
        assert audit_bank() == []


def test_lost_device_is_shut_out_at_the_counter(alice: Holder) -> None:
    with acting_as("harbor"):
        path = reverse("admin:accounts_device_shut_out", args=[alice.device_id])
        teller().post(path, {"_form_submitted": "1", "reason": "stolen"})
        entry = AuditEntry.objects.get(action="shut_out_device")
        assert (entry.subject, entry.detail["reason"]) == (alice.device_id, "stolen")
    path = f"/api/v1/wallets/{alice.wallet_id}"
    assert alice.get(path).json()["code"] == "authentication_required"


def test_parked_message_is_given_up_by_two_and_not_sent_again(
    network: Network, alice: Holder
) -> None:
    with acting_as("harbor"):
        as_staff("treasurer")
        client, message = second_operator(), OutboxMessage.objects.order_by("-id")[0]
        path = reverse("admin:messaging_outboxmessage_propose_giving_up", args=[message.pk])
        form = {"_form_submitted": "1", "reason": "no such bank any more"}
        assert "not parked" in says(client.post(path, form, follow=True))
        OutboxMessage.objects.filter(pk=message.pk).update(parked_at=now(), delivered_at=None)
        client.post(path, form)
        message.refresh_from_db()
        assert message.given_up_at is None
        approve()
        message.refresh_from_db()
        assert message.given_up_at is not None
        assert send_again([message.id]) == 0
