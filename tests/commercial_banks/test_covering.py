"""A bank whose guarantee is used up, and returns: as holders and all institutions see them."""

from uuid import UUID

import pytest
from django.db import transaction

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.ledger.selectors import balance
from cbdc.ledger.types import Result
from cbdc.messaging.delivery import deliver_due
from cbdc.messaging.models import OutboxMessage
from central_bank.clearing.models import ClearingPayment
from central_bank.clearing.positions import set_gross_from
from central_bank.clearing.settlement import settle_cycle
from commercial_banks.chart import CLEARING
from commercial_banks.clearing.hooks import on_decided
from commercial_banks.clearing.models import (
    Break,
    GrossSettlement,
    InterbankPayment,
    Settlement,
)
from commercial_banks.clearing.reconciliation import MISSING_AFTER, find_missing, resolve
from commercial_banks.clearing.services import start_return
from commercial_banks.treasury.models import TokenRequest, VaultToken
from commercial_banks.treasury.services import guarantee, request_unlock
from tests.central_bank.support import close
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture
def uncovered(network: Network) -> Network:
    """harbor has taken its whole guarantee back."""
    with acting_as("harbor"):
        request_unlock(amount=guarantee(), by="treasurer")
    network.drain()
    with acting_as("harbor"):
        assert guarantee() == 0
    return network


def settle(network: Network) -> None:
    with acting_as(CENTRAL_BANK_CODE):
        settle_cycle(close())
    network.drain()


def test_bank_raises_its_guarantee_for_payments_that_need_it(
    uncovered: Network, alice: Holder, carol: Holder
) -> None:
    paid = [alice.pay(carol.wallet_id, amount).json()["payment_id"] for amount in (70_00, 30_00)]
    uncovered.drain()
    for payment_id in paid:
        assert alice.payment(payment_id)["status"] == "completed"
    assert (alice.balance, carol.balance) == (PURSE - 100_00, 100_00)
    with acting_as("harbor"):
        [lock] = TokenRequest.objects.filter(requested_by="clearing")
        assert (lock.operation, lock.amount) == ("lock", 100_00)
        assert GrossSettlement.objects.filter(direction="out").count() == 2
        assert balance(CLEARING) == 0  # settled already, without a cycle
    with acting_as("lotus"):
        assert GrossSettlement.objects.filter(direction="in").count() == 2
        assert VaultToken.objects.filter(value__in=[70_00, 30_00], spent_at=None).count() == 2
    assert_books_hold()
    settle(uncovered)
    with acting_as("harbor"):
        assert Settlement.objects.count() == 0
        assert Break.objects.count() == 0
    assert_books_hold()


def test_bank_without_tokens_gives_the_money_back_and_says_why(
    uncovered: Network, alice: Holder, carol: Holder
) -> None:
    with acting_as("harbor"):  # every token is meant for another request that is under way
        VaultToken.objects.filter(spent_at=None).update(reserved_by=new_id())
    payment = alice.pay(carol.wallet_id, 70_00).json()
    uncovered.drain()
    ended = alice.payment(payment["payment_id"])
    assert (ended["status"], ended["rejection"]["code"]) == ("rejected", "institution_unavailable")
    assert (alice.balance, carol.balance) == (PURSE, 0)
    assert_books_hold()


def test_part_that_the_vault_covers_is_paid_and_the_rest_given_back(
    uncovered: Network, alice: Holder, carol: Holder
) -> None:
    network = uncovered
    small, large = 40_00, 90_00
    first = alice.pay(carol.wallet_id, small).json()["payment_id"]
    second = alice.pay(carol.wallet_id, large).json()["payment_id"]
    with acting_as("harbor"), pytest.MonkeyPatch.context() as patched:
        patched.setattr("commercial_banks.clearing.covering.free_tokens", lambda: small + 1)
        network.drain()
    assert alice.payment(first)["status"] == "completed"
    assert alice.payment(second)["rejection"]["code"] == "institution_unavailable"
    assert alice.balance == PURSE - small
    assert_books_hold()


def test_high_value_settles_without_a_cycle(network: Network, alice: Holder, carol: Holder) -> None:
    with acting_as(CENTRAL_BANK_CODE):
        set_gross_from(bank="harbor", amount=100_00, actor="checker")
    large = alice.pay(carol.wallet_id, 100_00).json()["payment_id"]
    small = alice.pay(carol.wallet_id, 99_99).json()["payment_id"]
    network.drain()
    with acting_as("harbor"):
        assert [str(row.payment_id) for row in GrossSettlement.objects.all()] == [large]
        assert balance(CLEARING) == 99_99
    settle(network)
    with acting_as("harbor"):
        assert Settlement.objects.get().net == -99_99
        [cycled] = InterbankPayment.objects.filter(cycle_id__isnull=False)
        assert str(cycled.payment_id) == small
        assert balance(CLEARING) == 0
        assert Break.objects.count() == 0
    assert_books_hold()


def give_back(original: str, payer: Holder, payee: Holder, amount: int) -> UUID:
    """lotus returns what harbor's customer paid."""
    payment_id = new_id()
    with acting_as("lotus"), transaction.atomic():
        result = start_return(
            payment_id=payment_id,
            original_id=UUID(original),
            payer_wallet=payer.wallet_id,
            payee_wallet=payee.wallet_id,
            amount=amount,
        )
        assert result is Result.OK
    return payment_id


def test_returned_money_arrives_and_never_more_than_was_paid(
    network: Network, alice: Holder, carol: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[UUID | None, str]] = []
    monkeypatch.setattr("commercial_banks.clearing.hooks._decided", [])
    on_decided(lambda payment: told.append((payment.original_id, payment.status)))
    bought = alice.pay(carol.wallet_id, 50_00).json()["payment_id"]
    other = alice.pay(carol.wallet_id, 20_00).json()["payment_id"]
    network.drain()
    told.clear()
    give_back(bought, carol, alice, 30_00)
    give_back(bought, carol, alice, 20_01)
    network.drain()
    assert sorted(status for _, status in told) == ["completed", "rejected"]
    assert {original for original, _ in told} == {UUID(bought)}
    assert (alice.balance, carol.balance) == (PURSE - 40_00, 40_00)
    with acting_as("lotus"):
        refused = InterbankPayment.objects.get(status="rejected")
        assert refused.code == "refund_exceeds_payment"
    give_back(bought, carol, alice, 20_00)
    network.drain()
    assert (alice.balance, carol.balance) == (PURSE - 20_00, 20_00)
    assert [row["kind"] for row in alice.transactions()][:2] == ["refund", "refund"]
    settle(network)
    for bank in ("harbor", "lotus"):
        with acting_as(bank):
            assert Break.objects.count() == 0
            assert balance(CLEARING) == 0
    assert other
    assert_books_hold()


def test_payment_that_no_statement_has_is_a_break_until_it_is_explained(
    network: Network, alice: Holder, carol: Holder
) -> None:
    alice.pay(carol.wallet_id, 5_00)
    network.drain()
    settle(network)
    lost = alice.pay(carol.wallet_id, 1_00).json()["payment_id"]
    network.drain()
    with acting_as("harbor"):
        assert Settlement.objects.get().reconciled_at is not None
        assert find_missing() == 0
        # As if it had been completed long before the cycle closed that has no line for it.
        InterbankPayment.objects.filter(payment_id=lost).update(
            decided_at=now() - 2 * MISSING_AFTER
        )
        assert find_missing() == 1
        assert find_missing() == 0
        found = Break.objects.get()
        assert (found.kind, str(found.payment_id)) == ("missing", lost)
        assert resolve(breaks=[found.id], by="treasurer") == 1
        assert resolve(breaks=[found.id], by="auditor") == 0
        assert Break.objects.get().resolved_by == "treasurer"
    assert_books_hold()


def test_order_of_arrival_does_not_matter_to_a_bank(
    network: Network, alice: Holder, carol: Holder
) -> None:
    """The statement and the advice reach harbor before the decision of the payment."""
    payment = alice.pay(carol.wallet_id, 8_00).json()
    with acting_as("harbor"):
        assert deliver_due(CENTRAL_BANK_CODE) == 1
    network.away.add("harbor")
    network.drain()
    with acting_as(CENTRAL_BANK_CODE):
        assert ClearingPayment.objects.get().state == "completed"
        decision = OutboxMessage.objects.get(to="harbor", kind="pacs.002", delivered_at=None)
        OutboxMessage.objects.filter(id=decision.id).update(parked_at=now())
        settle_cycle(close())
    network.away.clear()
    network.drain()
    with acting_as("harbor"):
        assert Settlement.objects.get().net == -8_00
        assert Break.objects.count() == 0
        assert balance(CLEARING) == -8_00
    with acting_as(CENTRAL_BANK_CODE):
        OutboxMessage.objects.filter(id=decision.id).update(parked_at=None)
    network.drain()
    assert alice.payment(payment["payment_id"])["status"] == "completed"
    with acting_as("harbor"):
        assert balance(CLEARING) == 0
    assert_books_hold()
