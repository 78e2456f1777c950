"""Freeze orders and limit tables go out, reports come in; by two people, without a customer."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cbdc import clock
from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.audit.models import AuditEntry
from cbdc.clock import rfc3339
from cbdc.crypto import keys
from cbdc.errors import Problem
from cbdc.protocol.messages import FreezeOrder as Order
from cbdc.protocol.messages import FreezeReport, LimitTable, Pacs008, TokenRedeemRequest
from central_bank.auditor import audit_central_bank
from central_bank.issuance.models import BankAccount
from central_bank.issuance.selectors import supply
from central_bank.issuance.services import set_quota
from central_bank.supervision.directory import signing_keys
from central_bank.supervision.limits import tables_in_force_and_scheduled
from central_bank.supervision.models import FreezeOrder
from tests.central_bank.support import Vault, deliver, guarantee, last, pacs008, sent, wallet
from tests.support import public_key

pytestmark = pytest.mark.usefixtures("central_bank")


def person(username: str) -> User:
    return User.objects.get(username=username)


def decide(kind: str, subject: str, payload: dict[str, object]) -> ApprovalRequest:
    """Two people want it."""
    request = four_eyes.propose(kind=kind, subject=subject, payload=payload, maker=person("maker"))
    four_eyes.approve(request_id=request.id, checker=person("checker"))
    return request


def table(**changes: object) -> dict[str, object]:
    limits = {"balance": None, "per_payment": 5, "daily": 6, "annual": 7}
    rows = [{"category": n, "identity": "as before", **limits} for n in range(1, 5)]
    starts = rfc3339(clock.now() + timedelta(days=1))
    return {"effective_from": starts, "categories": rows, **changes}


def test_limit_table_is_published_for_later_and_sent_to_every_bank() -> None:
    decide("publish_limits", "central-bank", table())
    in_force, scheduled = tables_in_force_and_scheduled()
    assert (in_force["version"], in_force["in_force"]) == (1, True)
    assert (scheduled["version"], scheduled["in_force"]) == (2, False)
    for bank in ("harbor", "lotus", "jade"):
        message = last(bank, LimitTable)
        assert (message.version, message.categories[3].daily) == (2, 6)
    later = clock.now() + timedelta(days=2)
    with clock.injected(lambda: later):
        [now] = tables_in_force_and_scheduled()
    assert now["version"] == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"effective_from": "2020-01-01T00:00:00Z"},
        {"effective_from": "tomorrow"},
        {"categories": []},
        {"categories": [{"category": 1}]},
        {"categories": [1, 2, 3, 4]},
    ],
)
def test_limit_table_that_is_none_is_not_proposed(changes: dict[str, object]) -> None:
    with pytest.raises(Problem):
        decide("publish_limits", "central-bank", table(**changes))
    assert not ApprovalRequest.objects.exists()


def freeze(wallet_id: str) -> dict[str, object]:
    return {"wallet_id": wallet_id, "action": "freeze", "reference": "order 7"}


def test_freeze_is_ordered_by_two_and_answered_by_the_bank_alone() -> None:
    request = decide("order_freeze", "harbor", freeze(wallet("harbor")))
    assert last("harbor", Order).wallet_id == wallet("harbor")
    with pytest.raises(Problem):
        deliver("lotus", FreezeReport(request.id, "done", None))
    deliver("harbor", FreezeReport(request.id, "done", None))
    deliver("harbor", FreezeReport(request.id, "refused", "not_found"))
    assert FreezeOrder.objects.get().state == "done"


def test_freeze_of_another_banks_wallet_is_refused() -> None:
    with pytest.raises(Problem):
        decide("order_freeze", "harbor", freeze(wallet("lotus")))
    assert sent("harbor", Order) == []


def test_net_debit_cap_holds_below_the_guarantee() -> None:
    guarantee("harbor", 1_000)
    decide("set_net_debit_cap", "harbor", {"net_debit_cap": 300})
    deliver("harbor", pacs008("harbor", "lotus", 300))
    deliver("harbor", pacs008("harbor", "lotus", 1))
    assert [message.amount for message in sent("lotus", Pacs008)] == [300]


def test_bank_key_is_added_and_retired_by_two() -> None:
    [old] = signing_keys("harbor")
    new = keys.key_id(keys.public_from_raw(public_key("next")))
    decide("add_bank_key", "harbor", {"public_key": public_key("next")})
    assert set(signing_keys("harbor")) == {old, new}
    decide("retire_bank_key", "harbor", {"key_id": old})
    with pytest.raises(Problem):
        decide("retire_bank_key", "harbor", {"key_id": new})
    assert set(signing_keys("harbor")) == {new}


def test_redeeming_outside_the_quota_takes_two_people() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    BankAccount.objects.filter(bank="harbor").update(quota=400, quota_used=0)
    request_id = vault.spend(TokenRedeemRequest, 900)
    assert supply()["redeemed"] == 0
    four_eyes.take_up(request_id=request_id, maker=person("maker"))
    four_eyes.approve(request_id=request_id, checker=person("checker"))
    vault.learn(request_id)
    assert (supply()["redeemed"], vault.value(locked=False)) == (900, 100)
    assert audit_central_bank() == []


def test_redeeming_what_the_quota_issued_takes_nobody_however_small_it_is_now() -> None:
    vault = Vault("harbor")
    vault.issue(1_000)
    set_quota(bank="harbor", quota=0)
    vault.spend(TokenRedeemRequest, 300)
    assert supply()["redeemed"] == 300


def test_person_does_not_propose_what_a_bank_must_ask() -> None:
    with pytest.raises(Problem, match="bank asks"):
        four_eyes.propose(
            kind="issue", subject="harbor", payload={"amount": 5}, maker=person("maker")
        )


def test_log_says_from_where_a_refused_approval_came() -> None:
    request = four_eyes.propose(
        kind="set_quota", subject="harbor", payload={"quota": 5}, maker=person("maker")
    )
    client = Client()
    client.force_login(person("maker"))
    client.post(
        "/admin/approvals/approvalrequest/",
        {"action": "approve", "_selected_action": str(request.pk)},
        REMOTE_ADDR="192.0.2.7",
    )
    refused = AuditEntry.objects.get(action="approve_refused")
    assert (refused.actor, refused.source) == ("maker", "address 192.0.2.7")
    assert audit_central_bank() == []
