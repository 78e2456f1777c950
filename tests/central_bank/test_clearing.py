"""A payment between banks: accepted, forwarded, decided once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cbdc import clock
from cbdc.audit.models import AuditEntry
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import new_id
from cbdc.messaging.models import OutboxMessage
from cbdc.protocol.messages import Camt056, Pacs002, Pacs008, Pacs028
from central_bank.auditor import audit_central_bank
from central_bank.clearing.chase import chase
from central_bank.clearing.models import ClearingPayment, Position
from central_bank.supervision.services import suspend
from tests.central_bank.support import (
    accepted,
    deliver,
    guarantee,
    last,
    pacs008,
    rejected,
    sent,
    wallet,
)

pytestmark = pytest.mark.usefixtures("central_bank")


def headroom(bank: str) -> int:
    row = Position.objects.get(bank=bank)
    return row.guarantee + row.received - row.sent


def test_payment_is_reserved_and_forwarded_as_it_came() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)

    deliver("harbor", message)

    assert sent("lotus", Pacs008) == [message]
    assert sent("harbor", Pacs002) == []
    assert headroom("harbor") == 600


def test_accepted_payment_completes_and_adds_to_the_payees_headroom() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)

    deliver("lotus", accepted(message.payment_id))

    assert sent("harbor", Pacs002) == [accepted(message.payment_id)]
    assert (headroom("harbor"), headroom("lotus")) == (600, 400)
    deliver("lotus", pacs008("lotus", "jade", 400))
    assert len(sent("jade", Pacs008)) == 1
    assert audit_central_bank() == []


def test_rejected_payment_gives_the_headroom_back() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)

    deliver("lotus", rejected(message.payment_id))

    assert sent("harbor", Pacs002) == [rejected(message.payment_id)]
    assert headroom("harbor") == 1_000
    assert audit_central_bank() == []


def test_inv_3_payment_above_the_headroom_is_held_and_not_forwarded() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 1_001)

    deliver("harbor", message)

    answer = last("harbor", Pacs002)
    assert (answer.status, answer.reason, answer.code) == ("PDNG", "AM04", "insufficient_funds")
    assert ClearingPayment.objects.get().state == "held"
    assert sent("lotus", Pacs008) == []
    assert headroom("harbor") == 1_000
    assert audit_central_bank() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"payee_bank": "nobody"}, "unknown_payee"),
        ({"payee_wallet": wallet("jade")}, "unknown_payee"),
        ({"payee_bank": "harbor", "payee_wallet": wallet("harbor", 2)}, "unknown_payee"),
        ({"currency": "USD"}, "currency_mismatch"),
    ],
)
def test_payment_that_cannot_be_forwarded_is_rejected(changes: dict[str, str], code: str) -> None:
    guarantee("harbor", 1_000)
    deliver("harbor", pacs008("harbor", "lotus", 400, **changes))
    answer = last("harbor", Pacs002)
    assert (answer.status, answer.code) == ("RJCT", code)
    assert headroom("harbor") == 1_000
    assert audit_central_bank() == []


@pytest.mark.parametrize("suspended", ["harbor", "lotus"])
def test_payment_from_or_to_a_suspended_bank_is_rejected(suspended: str) -> None:
    guarantee("harbor", 1_000)
    suspend(code=suspended, reason="test")
    deliver("harbor", pacs008("harbor", "lotus", 400))
    assert last("harbor", Pacs002).code == "institution_unavailable"


def test_payment_under_way_ends_although_a_bank_is_suspended_meanwhile() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    suspend(code="lotus", reason="test")
    deliver("lotus", accepted(message.payment_id))
    assert last("harbor", Pacs002).status == "ACSC"


@pytest.mark.parametrize(
    "message",
    [
        pacs008("lotus", "jade", 1),
        pacs008("harbor", "jade", 1, payer_wallet=wallet("lotus")),
    ],
)
def test_bank_pays_from_its_own_wallets_alone(message: Pacs008) -> None:
    guarantee("lotus", 1_000)
    with pytest.raises(Problem) as refused:
        deliver("harbor", message)
    assert refused.value.error is ErrorCode.PERMISSION_DENIED
    assert not ClearingPayment.objects.exists()


def test_inv_4_repeated_payment_is_reserved_and_forwarded_once() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    deliver("harbor", message)

    assert len(sent("lotus", Pacs008)) == 1
    assert headroom("harbor") == 600
    assert sent("harbor", Pacs002) == []


def test_repeated_payment_is_answered_again_once_decided() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    deliver("lotus", accepted(message.payment_id))
    deliver("harbor", message)
    assert sent("harbor", Pacs002) == [accepted(message.payment_id)] * 2


@pytest.mark.parametrize("changes", [{"amount": 401}, {"memo": "coffee"}])
def test_inv_4_other_payment_with_the_same_id_is_refused(changes: dict[str, object]) -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    other = replace(message, **changes)  # type: ignore[arg-type]
    with pytest.raises(Problem) as refused:
        deliver("harbor", other)
    assert refused.value.error is ErrorCode.IDEMPOTENCY_KEY_REUSED
    assert headroom("harbor") == 600


def test_inv_6_first_answer_decides() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    deliver("lotus", accepted(message.payment_id))

    deliver("lotus", rejected(message.payment_id))
    deliver("lotus", accepted(message.payment_id))

    assert sent("harbor", Pacs002) == [accepted(message.payment_id)]
    assert (headroom("harbor"), headroom("lotus")) == (600, 400)
    contradictions = AuditEntry.objects.filter(action="contradicting_answer")
    assert [entry.actor for entry in contradictions] == ["lotus"]
    assert audit_central_bank() == []


@pytest.mark.parametrize("sender", ["harbor", "jade"])
def test_only_the_payees_bank_answers(sender: str) -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    with pytest.raises(Problem) as refused:
        deliver(sender, accepted(message.payment_id))
    assert refused.value.error is ErrorCode.NOT_FOUND
    assert ClearingPayment.objects.get().state == "forwarded"


def test_unknown_is_not_failed() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    deliver("lotus", Pacs002(message.payment_id, "PDNG", None, None, None))
    assert ClearingPayment.objects.get().state == "forwarded"
    assert headroom("harbor") == 600


def test_refusal_with_a_code_of_no_registry_is_still_a_refusal() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    deliver("lotus", rejected(message.payment_id, "bad_weather"))
    assert last("harbor", Pacs002).code == "institution_unavailable"


def test_payers_bank_asks_and_is_told() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)

    deliver("harbor", Pacs028(message.payment_id))
    assert last("harbor", Pacs002).status == "PDNG"

    deliver("lotus", accepted(message.payment_id))
    deliver("harbor", Pacs028(message.payment_id))
    assert sent("harbor", Pacs002)[-2:] == [accepted(message.payment_id)] * 2


def test_another_bank_asks_and_is_told_nothing() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    with pytest.raises(Problem) as refused:
        deliver("jade", Pacs028(message.payment_id))
    assert refused.value.error is ErrorCode.NOT_FOUND


def test_inv_6_payment_asked_about_before_it_came_stays_rejected() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)

    deliver("harbor", Pacs028(message.payment_id))
    deliver("harbor", message)

    answers = sent("harbor", Pacs002)
    assert [(a.status, a.code) for a in answers] == [("RJCT", "not_found")] * 2
    assert sent("lotus", Pacs008) == []
    assert headroom("harbor") == 1_000
    assert audit_central_bank() == []


def test_payees_bank_is_asked_then_recalled_then_more_and_more_rarely() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    start = ClearingPayment.objects.get().received_at

    def asked_at(seconds: float) -> list[str]:
        OutboxMessage.objects.filter(to="lotus").delete()
        with clock.injected(lambda: start + timedelta(seconds=seconds)):
            chase()
        rows = OutboxMessage.objects.filter(to="lotus").order_by("created_at")
        return [row.kind for row in rows]

    assert asked_at(4.9) == []
    assert asked_at(5) == [Pacs028.kind]
    assert asked_at(59) == []
    assert asked_at(60) == [Camt056.kind]
    assert asked_at(119) == []
    assert asked_at(120) == [Camt056.kind]
    assert asked_at(239) == []
    assert asked_at(240) == [Camt056.kind]
    assert ClearingPayment.objects.get().state == "forwarded"  # nobody but lotus decides

    deliver("lotus", rejected(message.payment_id, "institution_unavailable"))
    assert headroom("harbor") == 1_000
    assert asked_at(10_000) == []


def test_inv_12_a_memo_is_forwarded_and_not_kept() -> None:
    guarantee("harbor", 1_000)
    deliver("harbor", pacs008("harbor", "lotus", 400, memo="for Zhang Wei 13800000000"))
    kept = ClearingPayment.objects.values().get()
    assert not any("Zhang" in str(value) for value in kept.values())


def test_payment_id_is_never_seen_twice_in_the_payees_outbox() -> None:
    guarantee("harbor", 1_000)
    payment_id = new_id()
    for _ in range(3):
        deliver("harbor", pacs008("harbor", "lotus", 10, payment_id=payment_id))
    assert [m.payment_id for m in sent("lotus", Pacs008)] == [payment_id]
