"""What a bank acknowledged in a load test is looked for in its books."""

import json
from typing import Any

import pytest

from cbdc.identifiers import new_id
from tests.holders import Holder, nobodys_wallet
from tests.in_process import DATABASES, Network
from tests.merchants.support import Till
from tests.support import acting_as
from wallets.loadtest.audit import Audited, audit, undecided
from wallets.merchants.models import Order
from wallets.payments.models import Payment

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def pay(payer: Holder, payee: str) -> dict[str, Any]:
    """What a generator notes of a payment."""
    body = {"payer_wallet": payer.wallet_id, "payee_wallet": payee, "amount": 1_00}
    answer = payer.post("/api/v1/payments", body)
    assert answer.status_code == 201, answer.content
    names = ("payment_id", "payer_wallet", "payee_wallet", "amount", "status")
    return {"kind": "payment", **{name: answer.json()[name] for name in names}}


def audited(bank: str, *rows: dict[str, Any]) -> Audited:
    with acting_as(bank):
        return audit(json.dumps(row) + "\n" for row in rows)


def test_payments_inside_and_across_banks_are_found(
    network: Network, alice: Holder, bob: Holder, carol: Holder
) -> None:
    inside, across = pay(alice, bob.wallet_id), pay(alice, carol.wallet_id)
    network.drain()
    assert audited("harbor", inside, across) == Audited(looked_for=2)
    assert audited("lotus", inside, across) == Audited(looked_for=1)


def test_an_id_that_the_bank_does_not_know_is_found_missing(alice: Holder, bob: Holder) -> None:
    row = pay(alice, bob.wallet_id)
    unknown = {**row, "payment_id": str(new_id())}
    [finding] = audited("harbor", row, unknown).findings
    assert unknown["payment_id"] in finding
    assert "is not in the books" in finding


def test_a_payment_that_was_taken_out_of_the_books_is_missed(alice: Holder, bob: Holder) -> None:
    row = pay(alice, bob.wallet_id)
    with acting_as("harbor"):
        Payment.objects.filter(id=row["payment_id"]).delete()
    [finding] = audited("harbor", row).findings
    assert row["payment_id"] in finding


@pytest.mark.parametrize("changed", [{"amount": 2_00}, {"status": "rejected"}])
def test_a_payment_that_is_not_as_it_was_said_is_found(
    alice: Holder, bob: Holder, changed: dict[str, Any]
) -> None:
    [finding] = audited("harbor", {**pay(alice, bob.wallet_id), **changed}).findings
    assert "payment" in finding


def test_a_payment_without_a_transfer_is_found(alice: Holder, bob: Holder) -> None:
    row = {**pay(alice, bob.wallet_id), "payment_id": str(new_id())}
    with acting_as("harbor"):
        known = Payment.objects.get(payee_wallet=bob.wallet_id)
        known.id = row["payment_id"]
        known.save(force_insert=True)
    [finding] = audited("harbor", row).findings
    assert "no money moved" in finding


def test_a_payment_that_has_no_end_is_stuck(network: Network, alice: Holder, carol: Holder) -> None:
    network.away.add("lotus")
    row = pay(alice, carol.wallet_id)
    network.drain()
    findings = audited("harbor", row).findings
    assert any("are not decided" in finding for finding in findings)
    with acting_as("harbor"):
        assert undecided()[0] == 2  # as the holder sees it, and as clearing does


def test_what_never_came_is_told_to_be_compared(
    network: Network, alice: Holder, carol: Holder
) -> None:
    row = {**pay(alice, carol.wallet_id), "payment_id": str(new_id())}
    network.drain()
    assert row["status"] == "pending"
    assert audited("lotus", row) == Audited(looked_for=1, not_received=[row["payment_id"]])
    [finding] = audited("harbor", row).findings
    assert "is not in the books" in finding


def test_a_rejected_payment_is_told_to_be_compared(network: Network, alice: Holder) -> None:
    gone = pay(alice, nobodys_wallet("lotus"))
    network.drain()
    found = audited("harbor", gone)
    assert (found.findings, found.rejected) == ([], [gone["payment_id"]])


def test_a_charge_that_was_paid_is_found_and_one_undone_is_missed(
    alice: Holder, shop: Till
) -> None:
    code = alice.post("/api/v1/payment-codes", {"wallet_id": alice.wallet_id}).json()
    order = shop.charge(code["payment_code"]).json()
    row = {
        "kind": "order",
        "order_id": order["order_id"],
        "status": order["status"],
        "payment_id": order["payment_id"],
        "payee_wallet": shop.wallet_id,
        "amount": order["amount"],
    }
    assert audited("harbor", row) == Audited(looked_for=1)
    with acting_as("harbor"):
        Order.objects.filter(id=order["order_id"]).update(payment_id=new_id())
    [finding] = audited("harbor", row).findings
    assert order["order_id"] in finding
    [finding] = audited("harbor", {**row, "order_id": str(new_id())}).findings
    assert "is not in the books" in finding


def test_a_tap_that_is_not_there_is_missed(alice: Holder) -> None:
    tap_id = str(new_id())
    [finding] = audited("harbor", {"kind": "taps", "number": "0011", "tap_ids": [tap_id]}).findings
    assert tap_id in finding
