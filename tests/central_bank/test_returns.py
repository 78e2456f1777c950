"""Returns (pacs.004): a payment back, never above what was paid (INV-8)."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from cbdc.identifiers import new_id
from cbdc.protocol.messages import Pacs002, Pacs004
from central_bank.auditor import audit_central_bank
from central_bank.clearing.models import ClearingPayment
from central_bank.clearing.settlement import settle_cycle
from tests.central_bank.support import (
    NOW,
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
    wallet,
)

pytestmark = pytest.mark.usefixtures("central_bank")


def pacs004(original: UUID, amount: int, **changes: Any) -> Pacs004:
    """From lotus, which was paid, back to harbor."""
    values: dict[str, Any] = {
        "payment_id": new_id(),
        "original_payment_id": original,
        "payer_bank": "lotus",
        "payee_bank": "harbor",
        "payer_wallet": wallet("lotus"),
        "payee_wallet": wallet("harbor"),
        "amount": amount,
        "currency": "CNY",
        "reason": "CUST",
        "memo": "",
        "order_reference": None,
        "created_at": NOW,
    }
    return Pacs004(**{**values, **changes})


@pytest.fixture
def original() -> UUID:
    guarantee("harbor", 1_000)
    return pay("harbor", "lotus", 400)


def returned(payment_id: UUID) -> int:
    return ClearingPayment.objects.get(payment_id=payment_id).returned


def test_return_is_forwarded_as_it_came_and_settles_like_a_payment(original: UUID) -> None:
    message = pacs004(original, 150)
    deliver("lotus", message)
    assert sent("harbor", Pacs004) == [message]
    deliver("harbor", accepted(message.payment_id))
    assert last("lotus", Pacs002).status == "ACSC"
    assert returned(original) == 150
    assert settle_cycle(close())
    assert audit_central_bank() == []


def test_inv_8_returns_never_exceed_the_payment(original: UUID) -> None:
    for amount, status in ((300, None), (101, "RJCT"), (100, None), (1, "RJCT")):
        message = pacs004(original, amount)
        deliver("lotus", message)
        if status is None:
            deliver("harbor", accepted(message.payment_id))
        else:
            answer = last("lotus", Pacs002)
            assert (answer.status, answer.code) == (status, "refund_exceeds_payment")
    assert returned(original) == 400
    assert audit_central_bank() == []


def test_inv_8_returns_at_once_never_exceed_the_payment(original: UUID) -> None:
    messages = [pacs004(original, 100) for _ in range(12)]
    at_once(*[partial(deliver, "lotus", message) for message in messages])
    assert ClearingPayment.objects.filter(original_id=original, state="forwarded").count() == 4
    assert returned(original) == 400
    assert audit_central_bank() == []


def test_refused_return_counts_no_more(original: UUID) -> None:
    message = pacs004(original, 400)
    deliver("lotus", message)
    deliver("harbor", rejected(message.payment_id))
    assert returned(original) == 0
    again = pacs004(original, 400)
    deliver("lotus", again)
    assert sent("harbor", Pacs004) == [message, again]
    assert audit_central_bank() == []


def test_repeated_return_counts_once(original: UUID) -> None:
    message = pacs004(original, 250)
    for _ in range(3):
        deliver("lotus", message)
    assert returned(original) == 250
    assert sent("harbor", Pacs004) == [message]


@pytest.mark.parametrize(
    "changes",
    [
        {"original_payment_id": new_id()},
        {"payee_wallet": wallet("harbor", 2)},
        {"payer_wallet": wallet("lotus", 2)},
        {"payee_bank": "jade", "payee_wallet": wallet("jade")},
    ],
)
def test_return_goes_from_who_was_paid_to_who_paid(
    original: UUID, changes: dict[str, object]
) -> None:
    deliver("lotus", pacs004(original, 10, **changes))
    assert last("lotus", Pacs002).status == "RJCT"
    assert returned(original) == 0
    assert audit_central_bank() == []


def test_payment_that_is_not_completed_is_not_returned() -> None:
    guarantee("harbor", 1_000)
    message = pacs008("harbor", "lotus", 400)
    deliver("harbor", message)
    deliver("lotus", pacs004(message.payment_id, 400))
    assert last("lotus", Pacs002).code == "refund_exceeds_payment"
