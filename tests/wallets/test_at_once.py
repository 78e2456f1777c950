"""A plain payment takes one round trip to the database, and leaves what the ordinary way leaves."""

from collections import OrderedDict
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.identifiers import new_id
from commercial_banks.clearing.audit import audit_bank
from tests.holders import Holder
from tests.in_process import DATABASES
from tests.support import acting_as
from wallets.accounts import authentication
from wallets.accounts.models import Device
from wallets.notifications.models import Notification
from wallets.payments import at_once, services
from wallets.payments.models import Payment

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture
def ordinary(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The payments that went the ordinary way."""
    went: list[str] = []
    pay = services.pay

    def noted(**arguments: Any) -> Payment:
        went.append(arguments["payee_wallet"])
        return pay(**arguments)

    monkeypatch.setattr(services, "pay", noted)
    return went


def _rows(payment_id: str) -> dict[str, Any]:
    """Everything that stands in the database for a payment, without ids and times."""
    with acting_as("harbor"), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT currency, memo, reference, status, code, detail, device_id, amount,"
            " created_at = completed_at FROM payments_payment WHERE id = %s",
            [payment_id],
        )
        payment = cursor.fetchone()
        cursor.execute(
            "SELECT debit_account, credit_account, amount, ledger, code, flags"
            " FROM ledger_transfer WHERE reference = %s",
            [payment_id],
        )
        transfers = cursor.fetchall()
        told = Notification.objects.filter(subject_id=payment_id).order_by("event")
        return {
            "payment": payment,
            "transfers": transfers,
            "told": list(told.values_list("wallet_id", "event", "amount", "state", "attempts")),
        }


def _shape(body: dict[str, Any]) -> dict[str, Any]:
    gone = ("payment_id", "created_at", "completed_at")
    return {name: value for name, value in body.items() if name not in gone}


def test_both_ways_leave_the_same_books_and_answers(
    alice: Holder, bob: Holder, ordinary: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = alice.pay(bob.wallet_id, 1_00, more={"memo": "tea"})
    assert ordinary == []
    monkeypatch.setattr(at_once, "pay_at_once", lambda *_, **__: None)
    other = alice.pay(bob.wallet_id, 1_00, more={"memo": "tea"})
    assert ordinary == [bob.wallet_id]
    assert quick.status_code == other.status_code == 201
    assert _shape(quick.json()) == _shape(other.json())
    ids = [answer.json()["payment_id"] for answer in (quick, other)]
    assert _rows(ids[0]) == _rows(ids[1])
    assert [alice.payment(one)["status"] for one in ids] == ["completed"] * 2
    assert bob.balance == 2_00
    with acting_as("harbor"):
        assert audit_bank() == []


def test_a_key_that_was_used_at_once_is_replayed(
    alice: Holder, bob: Holder, ordinary: list[str]
) -> None:
    key = str(new_id())
    first = alice.pay(bob.wallet_id, 1_00, idempotency_key=key)
    again = alice.pay(bob.wallet_id, 1_00, idempotency_key=key)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert alice.pay(bob.wallet_id, 2_00, idempotency_key=key).status_code == 409
    assert ordinary == []
    assert bob.balance == 1_00


def test_a_refusal_is_kept_under_its_key(alice: Holder, bob: Holder, ordinary: list[str]) -> None:
    key = str(new_id())
    refused = bob.pay(alice.wallet_id, 1_00, idempotency_key=key)
    assert refused.json()["code"] == "insufficient_funds"
    assert ordinary == [alice.wallet_id]
    bob.top_up(5_00)
    assert bob.pay(alice.wallet_id, 1_00, idempotency_key=key).json() == refused.json()
    assert bob.balance == 5_00


def test_what_is_special_goes_the_ordinary_way(
    alice: Holder, carol: Holder, ordinary: list[str]
) -> None:
    sub = alice.post(f"/api/v1/wallets/{alice.wallet_id}/sub-wallets", {"name": "lunch"})
    assert sub.status_code == 201, sub.content
    own = sub.json()["wallet_id"]
    assert alice.pay(own, 1_00).status_code == 201
    assert alice.pay(carol.wallet_id, 1_00).status_code == 201
    assert ordinary == [own, carol.wallet_id]


def test_a_device_that_was_shut_out_meanwhile_pays_no_more(
    alice: Holder, bob: Holder, ordinary: list[str]
) -> None:
    """Its bank may have recalled it from the last payment; another process shut it out."""
    assert alice.pay(bob.wallet_id, 1_00).status_code == 201
    with acting_as("harbor"):
        Device.objects.filter(id=alice.device_id).update(revoked_at=now())
    refused = alice.pay(bob.wallet_id, 1_00)
    assert (refused.status_code, refused.json()["code"]) == (401, "authentication_required")
    assert (ordinary, bob.balance) == ([], 1_00)


def test_a_signature_counts_by_the_key_that_the_device_has_now(
    alice: Holder, bob: Holder, ordinary: list[str]
) -> None:
    assert alice.pay(bob.wallet_id, 1_00).status_code == 201
    other = keys.generate()
    with acting_as("harbor"):
        theirs = keys.raw_b64url(other.public_key())
        Device.objects.filter(id=alice.device_id).update(public_key=theirs)
    assert alice.pay(bob.wallet_id, 1_00).json()["code"] == "signature_invalid"
    assert alice.pay(bob.wallet_id, 1_00, key=other).status_code == 201
    assert (ordinary, bob.balance) == ([], 2_00)


def test_a_new_devices_limits_hold_though_it_was_recalled_without(
    alice: Holder, bob: Holder, ordinary: list[str]
) -> None:
    assert alice.pay(bob.wallet_id, 1_00).status_code == 201
    with acting_as("harbor"):
        Device.objects.filter(id=alice.device_id).update(limited_until=now() + timedelta(hours=1))
    assert alice.pay(bob.wallet_id, 1_00).status_code == 201
    assert (ordinary, bob.balance) == ([bob.wallet_id], 2_00)


def test_no_more_devices_are_recalled_than_there_is_room_for(
    alice: Holder, bob: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "RECALLED_MAX", 1)
    monkeypatch.setattr(authentication, "_recalled", OrderedDict())
    bob.top_up(5_00)
    for payer, payee in ((alice, bob), (bob, alice), (alice, bob)):
        assert payer.pay(payee.wallet_id, 1_00).status_code == 201
        assert [str(one) for one in authentication._recalled] == [payer.device_id]
