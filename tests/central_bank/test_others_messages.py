"""Every kind of message that a bank may send × a bank whose business it is not: no effect.

Harbor has paid lotus, has asked lotus to pay, holds tokens and has to freeze a wallet. Another
bank speaks of these things, with its own, right signature.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from cbdc.errors import Problem
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE, Role
from cbdc.messaging.handlers import handler_of
from cbdc.protocol.codecs import KINDS
from cbdc.protocol.messages import (
    Camt029,
    Camt056,
    FreezeReport,
    Message,
    Pacs002,
    Pacs004,
    Pacs028,
    Pain013,
    Pain014,
    SealedNote,
    TokenLockRequest,
    TokenMergeRequest,
    TokenRedeemRequest,
    TokenRefusal,
    TokenSplitRequest,
    TokenUnlockRequest,
)
from central_bank.auditor import audit_central_bank
from tests.books import fingerprint
from tests.central_bank.support import (
    NOW,
    Vault,
    accepted,
    deliver,
    guarantee,
    last,
    pacs008,
    pay,
    rejected,
    sign,
    wallet,
)
from tests.central_bank.test_supervision import decide, freeze

pytestmark = pytest.mark.usefixtures("central_bank")
# About the sender alone: there is no other whose business it could be.
OF_THE_SENDER = {"token.issue", "supervision.report"}
SPENDINGS = (TokenLockRequest, TokenMergeRequest, TokenRedeemRequest, TokenUnlockRequest)


def others_messages() -> Iterator[tuple[str, Message]]:
    """(sender, message): each is right, but for who sends it."""
    guarantee("harbor", 1_000)
    vault = Vault("harbor")
    vault.issue(500)
    order = pacs008("harbor", "lotus", 100)
    deliver("harbor", order)
    paid = pay("harbor", "lotus", 50)
    frozen = decide("order_freeze", "harbor", freeze(wallet("harbor")))

    for sender in ("jade", "lotus"):
        yield sender, pacs008("harbor", "lotus", 1)
        yield sender, pacs008(sender, "harbor", 1, payer_wallet=wallet("harbor"))
        yield sender, FreezeReport(frozen.id, "done", None)
        yield sender, asks("harbor", "lotus")
        yield sender, SealedNote(new_id(), "harbor", "jade", "A" * 43, "c2VhbGVk")
        yield from ((sender, message) for message in spendings(sender, vault))
    for sender in ("jade", "harbor"):  # the payee's bank alone answers
        yield sender, accepted(order.payment_id)
        yield sender, rejected(order.payment_id)
        yield sender, Camt029(order.payment_id, "CNCL", None)
        yield sender, Camt029(order.payment_id, "RJCR", "ARDT")
        yield sender, gives_back(paid)
    for sender in ("jade", "lotus"):  # the payer's bank alone asks and recalls
        yield sender, Pacs028(order.payment_id)
        yield sender, Camt056(order.payment_id, "CUST", "I want it back")
    for sender in ("jade", "harbor"):  # the payer's bank alone answers a request to pay
        yield sender, Pain014(new_id(), "harbor", "lotus", "ACSP", order.payment_id, None, None)
    for sender in ("jade", "lotus"):  # and the payee's alone takes it back
        yield sender, Pain014(new_id(), "harbor", "lotus", "CANC", None, None, None)


def asks(payee: str, payer: str) -> Pain013:
    return Pain013(
        request_id=new_id(),
        payee_bank=payee,
        payer_bank=payer,
        payee_wallet=wallet(payee),
        payer_wallet=wallet(payer),
        payment_code=None,
        mandate=None,
        amount=5,
        currency="CNY",
        memo="",
        order_reference=None,
        terminal=None,
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


def gives_back(paid: Any) -> Pacs004:
    """What harbor paid lotus, back to harbor: lotus alone may send it."""
    return Pacs004(
        payment_id=new_id(),
        original_payment_id=paid,
        payer_bank="lotus",
        payee_bank="harbor",
        payer_wallet=wallet("lotus"),
        payee_wallet=wallet("harbor"),
        amount=50,
        currency="CNY",
        reason="CUST",
        memo="",
        order_reference=None,
        created_at=NOW,
    )


def spendings(sender: str, vault: Vault) -> Iterator[Message]:
    """Harbor's tokens, spent by another: signed by that one."""
    inputs = vault.ids(locked=False)
    for cls in SPENDINGS:
        request_id = new_id()
        proof = sign(sender, cls, request_id, 500, inputs)
        yield cls(request_id=request_id, amount=500, inputs=inputs, authorisation=proof)
    request_id = new_id()
    proof = sign(sender, TokenLockRequest, request_id, 500, inputs)
    yield TokenSplitRequest(request_id, (200, 300), inputs, proof)


def kept() -> dict[str, str]:
    """All but what the central bank has answered."""
    tables = fingerprint(CENTRAL_BANK_CODE)
    return {name: rows for name, rows in tables.items() if name != "messaging_outboxmessage"}


def test_bank_moves_nothing_that_is_anothers() -> None:
    tried = list(others_messages())
    before, wrong = kept(), []
    for sender, message in tried:
        try:
            deliver(sender, message)
        except Problem:
            continue
        asked = getattr(message, "request_id", None)
        if not (
            message.kind.startswith("token.") and last(sender, TokenRefusal).request_id == asked
        ):
            wrong.append(f"{sender} was heard with {message}")
    assert not wrong, "\n".join(wrong)
    assert kept() == before
    assert audit_central_bank() == []


def test_every_kind_that_a_bank_may_send_was_tried() -> None:
    tried = {message.kind for _, message in others_messages()}
    handled = {kind for kind in KINDS if handler_of(Role.CENTRAL_BANK, kind) is not None}
    assert tried | OF_THE_SENDER == handled
    assert Pacs002.kind in tried
