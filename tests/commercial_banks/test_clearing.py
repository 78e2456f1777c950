"""A bank's side of clearing: received once, recalled, settled, reconciled."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE, Role
from cbdc.ledger.selectors import balance
from cbdc.ledger.services import set_account_status
from cbdc.ledger.types import AccountStatus
from cbdc.messaging.handlers import handler_of
from cbdc.messaging.models import OutboxMessage
from cbdc.protocol.messages import (
    Camt053,
    Camt056,
    Message,
    Pacs002,
    Pacs008,
    Pacs028,
    StatementEntry,
)
from central_bank.clearing.settlement import settle_cycle
from commercial_banks.chart import CLEARING
from commercial_banks.clearing.models import Break, InterbankPayment, Settlement
from commercial_banks.clearing.reconciliation import resolve
from commercial_banks.treasury.models import TokenRequest, VaultToken
from tests.central_bank.support import close
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from tests.wallets.test_pay import assert_books_hold

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
AMOUNT = 7_00


def tell(message: Message) -> list[dict[str, Any]]:
    """Hand lotus a message of the central bank's; returns the bodies of its answers."""
    with acting_as("lotus"):
        OutboxMessage.objects.all().delete()
        handler = handler_of(Role.COMMERCIAL_BANK, message.kind)
        assert handler is not None
        with transaction.atomic():
            handler(message, sender=CENTRAL_BANK_CODE, message_id=new_id())
        return [row.body for row in OutboxMessage.objects.order_by("id")]


def order(payee: Holder, payment_id: UUID | None = None) -> Pacs008:
    return Pacs008(
        payment_id=payment_id or new_id(),
        payer_bank="harbor",
        payee_bank="lotus",
        payer_wallet="0011000000000016",
        payee_wallet=payee.wallet_id,
        amount=AMOUNT,
        currency="CNY",
        memo="",
        order_reference=None,
        created_at=now(),
    )


def said(answers: list[dict[str, Any]]) -> tuple[str, str | None]:
    [answer] = answers
    return answer["status"], answer.get("code")


def test_payment_is_credited_once_and_answered_each_time(carol: Holder) -> None:
    message = order(carol)
    for _ in range(3):
        assert said(tell(message)) == ("ACSC", None)
        assert carol.balance == AMOUNT
    assert said(tell(Pacs028(message.payment_id))) == ("ACSC", None)


def test_payment_never_seen_is_not_decided(network: Network) -> None:
    assert said(tell(Pacs028(new_id()))) == ("PDNG", None)


def test_recall_before_the_payment_refuses_it_for_good(carol: Holder) -> None:
    message = order(carol)
    recall = Camt056(message.payment_id, "TECH", "too late")
    assert said(tell(recall)) == ("CNCL", None)
    for late in (message, Pacs028(message.payment_id), message):
        assert said(tell(late)) == ("RJCT", "institution_unavailable")
    assert said(tell(recall)) == ("CNCL", None)
    assert carol.balance == 0


def test_recall_after_the_credit_comes_too_late(carol: Holder) -> None:
    message = order(carol)
    tell(message)
    assert said(tell(Camt056(message.payment_id, "TECH", "too late"))) == ("RJCR", None)
    assert carol.balance == AMOUNT


@pytest.mark.parametrize(
    ("status", "code"),
    [(AccountStatus.FROZEN, "wallet_frozen"), (AccountStatus.CLOSED, "wallet_closed")],
)
def test_wallet_that_takes_no_money_gives_it_back(
    network: Network, alice: Holder, carol: Holder, status: AccountStatus, code: str
) -> None:
    before = alice.balance
    with acting_as("lotus"):
        set_account_status(account=int(carol.wallet_id), status=status)
    payment = alice.pay(carol.wallet_id, AMOUNT).json()
    network.drain()
    ended = alice.payment(payment["payment_id"])
    assert (ended["status"], ended["rejection"]["code"]) == ("rejected", code)
    assert alice.balance == before
    assert_books_hold()


def test_only_the_first_decision_moves_money(
    network: Network, alice: Holder, carol: Holder
) -> None:
    before = alice.balance
    payment = alice.pay(carol.wallet_id, AMOUNT).json()
    network.drain()
    late = Pacs002(UUID(payment["payment_id"]), "RJCT", None, "institution_unavailable", None)
    with acting_as("harbor"), transaction.atomic():
        handler = handler_of(Role.COMMERCIAL_BANK, late.kind)
        assert handler is not None
        handler(late, sender=CENTRAL_BANK_CODE, message_id=new_id())
    assert alice.payment(payment["payment_id"])["status"] == "completed"
    assert alice.balance == before - AMOUNT
    with acting_as("harbor"):
        found = Break.objects.get()
        assert found.kind == "contradiction"
        assert resolve(breaks=[found.id], by="treasurer") == 1
    assert_books_hold()


def test_cycle_settles_and_every_item_matches(
    network: Network, alice: Holder, carol: Holder
) -> None:
    paid = [alice.pay(carol.wallet_id, amount).json()["payment_id"] for amount in (5_00, 3_00)]
    network.drain()
    paid.append(carol.pay(alice.wallet_id, 1_00).json()["payment_id"])
    network.drain()
    with acting_as("harbor"):
        assert balance(CLEARING) == 7_00  # left the wallets, not yet the vault
    with acting_as(CENTRAL_BANK_CODE):
        cycle = close()
        settle_cycle(cycle)
        settle_cycle(cycle)  # a re-run changes nothing (INV-9)
    network.drain()
    for bank, net in (("harbor", -7_00), ("lotus", 7_00)):
        with acting_as(bank):
            assert balance(CLEARING) == 0
            booked = Settlement.objects.get(cycle_id=cycle)
            assert (booked.net, booked.payments) == (net, 3)
            assert booked.parts == booked.parts_received == 1
            settled = InterbankPayment.objects.filter(cycle_id=cycle)
            assert {str(row.payment_id) for row in settled} == set(paid)
            assert Break.objects.count() == 0
    assert_books_hold()


def statement(cycle: UUID, *entries: StatementEntry) -> Camt053:
    return Camt053(
        cycle_id=cycle,
        part=1,
        parts=1,
        entries=entries,
        gross_in=sum(entry.amount for entry in entries),
        gross_out=0,
    )


def test_what_does_not_match_is_a_break(carol: Holder) -> None:
    message, refused = order(carol), order(carol)
    tell(message)
    tell(Camt056(refused.payment_id, "TECH", "too late"))
    entry = StatementEntry(message.payment_id, "in", AMOUNT)
    wrong = {
        "unknown_payment": replace(entry, payment_id=new_id()),
        "amount": replace(entry, amount=AMOUNT + 1),
        "direction": replace(entry, direction="out"),
        "status": StatementEntry(refused.payment_id, "in", 0),
    }
    first = new_id()
    tell(statement(first, *wrong.values()))
    tell(statement(first, *wrong.values()))
    with acting_as("lotus"):
        kinds = sorted(row.kind for row in Break.objects.all())
        assert kinds == sorted([*wrong, "total"])
    tell(statement(new_id(), entry))
    with acting_as("lotus"):
        assert Break.objects.filter(kind="settled_twice").count() == 1


def test_a_payment_held_again_after_its_cover_raises_the_guarantee_once_more(
    network: Network, alice: Holder, carol: Holder
) -> None:
    """The raised guarantee went to another payment: the order does not go round in a circle."""
    network.away.add(CENTRAL_BANK_CODE)
    payment_id = UUID(alice.pay(carol.wallet_id, AMOUNT).json()["payment_id"])
    held = Pacs002(payment_id, "PDNG", "AM04", "insufficient_funds", "It waits.")
    handler = handler_of(Role.COMMERCIAL_BANK, held.kind)
    assert handler is not None
    with acting_as("harbor"):
        before = TokenRequest.objects.count()
        for locks in (1, 2, 3):
            with transaction.atomic():
                handler(held, sender=CENTRAL_BANK_CODE, message_id=new_id())
            assert TokenRequest.objects.filter(operation="lock").count() == before - 1 + locks
            TokenRequest.objects.filter(status="pending").update(status="done")
            VaultToken.objects.update(reserved_by=None)
        assert OutboxMessage.objects.filter(kind=Pacs008.kind).count() == 1
