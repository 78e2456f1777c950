"""A merchant of another bank charges a payment code: pain.013 there, pain.014 and money back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.protocol.messages import Pain013, Pain014
from commercial_banks.clearing import requests as interbank
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.people import PURSE
from tests.support import acting_as
from tests.wallets.order_book import registered
from tests.wallets.test_pay import assert_books_hold
from tests.wallets.test_payment_codes import code_of

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Pain014]:
    heard: list[Pain014] = []
    monkeypatch.setattr(interbank, "_answered", [heard.append])
    return heard


def charge(code: str, payee: Holder, amount: int = 5_00, **values: Any) -> Pain013:
    """As a merchant of lotus does."""
    moment = now()
    message = Pain013(
        request_id=values.pop("request_id", new_id()),
        payee_bank="lotus",
        payer_bank=values.pop("payer_bank", "harbor"),
        payee_wallet=payee.wallet_id,
        payer_wallet=None,
        payment_code=code,
        mandate=None,
        amount=amount,
        currency="CNY",
        memo="coffee",
        order_reference=values.pop("order", "order-1"),
        terminal=values.pop("terminal", "till-1"),
        created_at=moment,
        expires_at=values.pop("expires_at", moment + timedelta(minutes=1)),
    )
    with acting_as("lotus"), transaction.atomic():
        interbank.ask(message)
    return message


def test_code_is_charged_for_an_order_of_another_bank(
    network: Network, alice: Holder, carol: Holder, answers: list[Pain014]
) -> None:
    with registered() as orders:
        asked = charge(code_of(alice), carol)
        network.drain()
    [answer] = answers
    [arrived] = orders.arrived
    assert (answer.request_id, answer.status) == (asked.request_id, "ACSP")
    assert answer.payment_id == arrived.id
    assert (arrived.reference, arrived.memo, arrived.amount) == ("order-1", "coffee", 5_00)
    assert (alice.balance, carol.balance) == (PURSE - 5_00, 5_00)
    assert_books_hold()


def test_refusals_are_answered_and_change_nothing(
    network: Network, alice: Holder, carol: Holder, answers: list[Pain014]
) -> None:
    code = code_of(alice)
    charge(code, carol, PURSE + 1)
    network.drain()
    charge("0011" + "1" * 16, carol)
    network.drain()
    charge(code, carol, expires_at=now() - timedelta(seconds=1))
    network.drain()
    charge(code, carol)
    network.drain()
    charge(code, carol, order="order-2")
    network.drain()
    charge(code, carol, payer_bank="central-bank")  # the central bank refuses the message
    network.drain()
    assert [(answer.status, answer.code) for answer in answers] == [
        ("RJCT", "insufficient_funds"),
        ("RJCT", "validation_failed"),
        ("RJCT", "code_expired"),
        ("ACSP", None),
        ("RJCT", "code_used"),
    ]
    assert (alice.balance, carol.balance) == (PURSE - 5_00, 5_00)
    assert_books_hold()
