"""Gross settlement: high values, and payments that the cap does not cover."""

from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings

from cbdc import clock
from cbdc.audit.models import AuditEntry
from cbdc.errors import ErrorCode, Problem
from cbdc.protocol.messages import (
    Camt029,
    Camt054,
    Camt056,
    Pacs002,
    Pacs008,
    Pacs028,
    TokenLockRequest,
    TokenRefusal,
    TokenUnlockRequest,
)
from central_bank.auditor import audit_central_bank
from central_bank.clearing.chase import chase
from central_bank.clearing.models import ClearingPayment, Position
from central_bank.clearing.positions import set_gross_from
from central_bank.clearing.settlement import settle_cycle
from central_bank.issuance.models import TokenTransaction
from central_bank.issuance.selectors import supply
from tests.central_bank.support import (
    Vault,
    accepted,
    at_once,
    close,
    deliver,
    guarantee,
    last,
    pacs008,
    pay,
    rejected,
    sent,
)

pytestmark = pytest.mark.usefixtures("central_bank")


def figures(bank: str) -> tuple[int, int, int, int]:
    row = Position.objects.get(bank=bank)
    return row.guarantee, row.earmarked, row.sent, row.received


@pytest.fixture
def from_500(central_bank: None) -> None:
    set_gross_from(bank="harbor", amount=500, actor="checker")


@pytest.mark.usefixtures("from_500")
def test_high_value_settles_gross_when_it_is_decided() -> None:
    harbor = guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 500)
    transactions = TokenTransaction.objects.count()

    deliver("harbor", message)
    assert figures("harbor") == (500, 500, 0, 0)
    assert TokenTransaction.objects.count() == transactions
    deliver("lotus", accepted(message.payment_id))

    assert figures("harbor") == (500, 0, 0, 0)
    assert figures("lotus") == (500, 0, 0, 0)
    assert supply()["locked"] == {"harbor": 500, "jade": 0, "lotus": 500}
    out, into = last("harbor", Camt054), last("lotus", Camt054)
    assert (out.direction, into.direction) == ("out", "in")
    assert out.transaction_id == into.transaction_id
    assert out.consumed == harbor.ids(locked=True)
    assert into.consumed == ()
    assert [wire["token"]["value"] for wire in into.created] == [500]
    assert sent("harbor", Pacs002) == [accepted(message.payment_id)]
    assert audit_central_bank() == []

    cycle_id = close()
    settle_cycle(cycle_id)  # holds nothing of it
    assert ClearingPayment.objects.get().cycle_id is None
    assert supply()["locked"] == {"harbor": 500, "jade": 0, "lotus": 500}
    assert audit_central_bank() == []


@pytest.mark.usefixtures("from_500")
def test_below_the_threshold_settles_net() -> None:
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 499)
    assert figures("harbor") == (1_000, 0, 499, 0)
    assert sent("harbor", Camt054) == []


@pytest.mark.usefixtures("from_500")
def test_refused_high_value_gives_its_tokens_back() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 700)
    deliver("harbor", message)
    deliver("lotus", rejected(message.payment_id))
    assert figures("harbor") == (1_000, 0, 0, 0)
    assert sent("lotus", Camt054) == []
    assert audit_central_bank() == []


@pytest.mark.usefixtures("from_500")
def test_inv_4_answer_that_comes_twice_moves_the_tokens_once() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 600)
    deliver("harbor", message)
    at_once(*[lambda: deliver("lotus", accepted(message.payment_id))] * 6)
    assert supply()["held"]["lotus"] == 600
    assert len(sent("lotus", Camt054)) == 1
    assert audit_central_bank() == []


@pytest.mark.usefixtures("from_500")
def test_earmarked_tokens_can_neither_be_unlocked_nor_sent_again() -> None:
    harbor = guarantee("harbor", 1_000)
    deliver("harbor", pacs008("harbor", "lotus", 800))

    harbor.spend(TokenUnlockRequest, 300)
    deliver("harbor", pacs008("harbor", "jade", 201))

    assert last("harbor", TokenRefusal).code == "insufficient_funds"
    assert last("harbor", Pacs002).status == "PDNG"
    assert figures("harbor") == (200, 800, 0, 0)
    assert audit_central_bank() == []


def test_what_came_in_since_the_close_pays_no_gross_payment(from_500: None) -> None:
    """Headroom 650, but the closed cycle needs 400 of the 500 tokens that there are."""
    guarantee("harbor", 500)
    guarantee("lotus", 550)
    pay("harbor", "jade", 400)
    close()
    pay("lotus", "harbor", 550)
    deliver("harbor", pacs008("harbor", "lotus", 500))
    assert last("harbor", Pacs002).status == "PDNG"
    assert audit_central_bank() == []


def test_used_up_cap_holds_the_payment_until_the_bank_locks_tokens() -> None:
    harbor = guarantee("harbor", 100)
    pay("harbor", "lotus", 100)
    message = pacs008("harbor", "lotus", 40)

    deliver("harbor", message)
    answer = last("harbor", Pacs002)
    assert (answer.status, answer.reason) == ("PDNG", "AM04")
    deliver("harbor", message)  # too early: held still
    assert ClearingPayment.objects.filter(state="held").count() == 1
    harbor.issue(40)
    harbor.spend(TokenLockRequest, 40, harbor.ids(locked=False))
    deliver("harbor", message)

    assert [m.payment_id for m in sent("lotus", Pacs008)][-1] == message.payment_id
    assert figures("harbor") == (100, 40, 100, 0)
    deliver("lotus", accepted(message.payment_id))
    assert last("lotus", Camt054).amount == 40
    settle_cycle(close())
    assert figures("harbor") == (0, 0, 0, 0)
    assert figures("lotus") == (140, 0, 0, 0)
    assert audit_central_bank() == []


def test_held_payment_is_rejected_at_expiry_by_the_central_bank_alone() -> None:
    message = pacs008("harbor", "lotus", 40)
    deliver("harbor", message)
    start = ClearingPayment.objects.get().received_at
    for seconds in (5, 30):
        with clock.injected(lambda: start + timedelta(seconds=seconds)):  # noqa: B023 - at once
            chase()
        assert last("harbor", Pacs002).status == "PDNG"
    with clock.injected(lambda: start + timedelta(seconds=settings.PAYMENT_EXPIRY_S)):
        chase()

    answer = last("harbor", Pacs002)
    assert (answer.status, answer.code) == ("RJCT", "institution_unavailable")
    assert sent("lotus", Pacs008) == []
    deliver("harbor", message)  # it stays rejected
    assert last("harbor", Pacs002).status == "RJCT"
    assert audit_central_bank() == []


def test_payers_bank_without_tokens_recalls_what_is_held() -> None:
    message = pacs008("harbor", "lotus", 40)
    deliver("harbor", message)
    deliver("harbor", Camt056(message.payment_id, "COVR", "no tokens"))
    assert sent("harbor", Camt029) == [Camt029(message.payment_id, "CNCL", None)]
    answer = last("harbor", Pacs002)
    assert (answer.status, answer.code) == ("RJCT", "institution_unavailable")
    assert audit_central_bank() == []


def test_recall_of_what_is_forwarded_or_completed_changes_nothing() -> None:
    guarantee("harbor", 100)
    message = pacs008("harbor", "lotus", 40)
    recall = Camt056(message.payment_id, "COVR", "")
    deliver("harbor", message)
    deliver("harbor", recall)
    deliver("lotus", accepted(message.payment_id))
    deliver("harbor", recall)
    assert [answer.status for answer in sent("harbor", Camt029)] == ["PDCR", "RJCR"]
    assert ClearingPayment.objects.get().state == "completed"


def test_recall_that_overtakes_its_payment_refuses_it_for_good() -> None:
    guarantee("harbor", 100)
    message = pacs008("harbor", "lotus", 40)
    deliver("harbor", Camt056(message.payment_id, "COVR", ""))
    deliver("harbor", message)
    assert {answer.status for answer in sent("harbor", Pacs002)} == {"RJCT"}
    assert sent("lotus", Pacs008) == []
    assert audit_central_bank() == []


@pytest.mark.parametrize("answer", ["CNCL", "RJCR"])
def test_answer_to_a_recall_decides_as_a_status_does(answer: str) -> None:
    guarantee("harbor", 100)
    message = pacs008("harbor", "lotus", 40)
    deliver("harbor", message)
    deliver("lotus", Camt029(message.payment_id, answer, None))
    status = last("harbor", Pacs002)
    assert status.status == ("RJCT" if answer == "CNCL" else "ACSC")
    assert status.code == ("institution_unavailable" if answer == "CNCL" else None)
    assert audit_central_bank() == []


def test_payees_bank_cannot_answer_what_was_not_forwarded_yet() -> None:
    message = pacs008("harbor", "lotus", 40)
    deliver("harbor", message)
    with pytest.raises(Problem) as refused:
        deliver("lotus", accepted(message.payment_id))
    assert refused.value.error is ErrorCode.NOT_FOUND
    deliver("harbor", Pacs028(message.payment_id))
    assert last("harbor", Pacs002).reason == "AM04"


def test_threshold_is_set_by_a_person_and_logged() -> None:
    set_gross_from(bank="harbor", amount=None, actor="checker")
    assert AuditEntry.objects.filter(action="set_gross_from", actor="checker").exists()
    for bank, amount, error in (
        ("harbor", 0, ErrorCode.INVALID_AMOUNT),
        ("nobody", 5, ErrorCode.NOT_FOUND),
    ):
        with pytest.raises(Problem) as refused:
            set_gross_from(bank=bank, amount=amount, actor="checker")
        assert refused.value.error is error


def test_inv_3_gross_and_net_at_once_never_exceed_the_guarantee(from_500: None) -> None:
    guarantee("harbor", 5_000)
    messages = [pacs008("harbor", "lotus", 500 if n % 2 else 499) for n in range(24)]

    def go(message: Pacs008) -> None:
        deliver("harbor", message)
        if ClearingPayment.objects.get(payment_id=message.payment_id).state == "forwarded":
            deliver("lotus", accepted(message.payment_id))

    at_once(*[partial(go, message) for message in messages])

    done = ClearingPayment.objects.filter(state="completed")
    assert 5_000 - 500 < sum(p.amount for p in done) <= 5_000
    assert audit_central_bank() == []
    settle_cycle(close())
    assert audit_central_bank() == []


def test_vault_that_settles_gross_matches_the_registry(from_500: None) -> None:
    harbor, lotus = guarantee("harbor", 1_000), Vault("lotus")
    message = pacs008("harbor", "lotus", 600)
    deliver("harbor", message)
    deliver("lotus", accepted(message.payment_id))
    for vault, advice in (
        (harbor, last("harbor", Camt054)),
        (lotus, last("lotus", Camt054)),
    ):
        vault.apply(advice)
    assert (harbor.value(locked=True), lotus.value(locked=True)) == (400, 600)
