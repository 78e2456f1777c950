"""One message of each kind, with every field filled."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cbdc.crypto import keys, tokens
from cbdc.protocol.messages import (
    Camt029,
    Camt053,
    Camt054,
    Camt056,
    CategoryCount,
    CategoryLimits,
    DailyReport,
    FreezeOrder,
    FreezeReport,
    LimitTable,
    Message,
    Pacs002,
    Pacs004,
    Pacs008,
    Pacs009,
    Pacs028,
    Pain013,
    Pain014,
    SealedNote,
    StatementEntry,
    TokenAdvice,
    TokenIssueRequest,
    TokenLockRequest,
    TokenMergeRequest,
    TokenRedeemRequest,
    TokenRefusal,
    TokenSplitRequest,
    TokenUnlockRequest,
)
from tests.crypto import vectors

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
AT = datetime(2026, 1, 31, 9, 30, 0, 250_000, UTC)
TOKEN: dict[str, Any] = vectors.load("token")["signed"]
HASH = "ab" * 32
SPENDING: dict[str, Any] = {
    "request_id": ID,
    "amount": 500,
    "inputs": (HASH,),
    "authorisation": tokens.authorise(
        keys.generate(), kind="lock", inputs=[HASH], amount=500, request_id=str(ID)
    ),
}
PACS_008 = Pacs008(
    payment_id=ID,
    payer_bank="harbor",
    payee_bank="lotus",
    payer_wallet="0011000000000017",
    payee_wallet="0012000000000016",
    amount=1250,
    currency="CNY",
    memo="咖啡 ☕",
    order_reference="order-1",
    created_at=AT,
)
PACS_004 = Pacs004(
    payment_id=ID,
    original_payment_id=UUID("01890a5d-ac96-774b-bcce-b302099a8058"),
    payer_bank="lotus",
    payee_bank="harbor",
    payer_wallet="0012000000000016",
    payee_wallet="0011000000000017",
    amount=1250,
    currency="CNY",
    reason="CUST",
    memo="",
    order_reference=None,
    created_at=AT,
)
MESSAGES: tuple[Message, ...] = (
    SealedNote(note_id=ID, from_bank="harbor", to_bank="lotus", key_id="A" * 43, sealed="c2VhbGVk"),
    Pain013(
        request_id=ID,
        payee_bank="lotus",
        payer_bank="harbor",
        payee_wallet="0012000000000016",
        payer_wallet="0011000000000017",
        payment_code="00110000000000000001",
        mandate=ID,
        amount=1250,
        currency="CNY",
        memo="dinner",
        order_reference="order-1",
        terminal="till-1",
        created_at=AT,
        expires_at=AT,
    ),
    Pain014(ID, "lotus", "harbor", "RJCT", ID, "code_used", "used before"),
    PACS_008,
    replace(PACS_008, order_reference=None),
    Pacs002(ID, "ACSC", None, None, None),
    Pacs002(ID, "RJCT", "AC04", "wallet_closed", "The wallet is closed."),
    Pacs028(ID),
    PACS_004,
    Camt056(ID, "TECH", "no answer in time"),
    Camt029(ID, "CNCL", None),
    Camt029(ID, "RJCR", "ARDT"),
    Camt054(ID, "out", 5, HASH, (HASH,), (TOKEN,), AT),
    Pacs009(ID, -500, HASH, (HASH,), (TOKEN,), 3, AT, AT),
    Pacs009(ID, 0, None, (), (), 2, AT, AT),
    Camt053(ID, 1, 2, (StatementEntry(ID, "in", 7), StatementEntry(ID, "out", 9)), 7, 9),
    TokenIssueRequest(ID, 200_000_000),
    TokenRedeemRequest(**SPENDING),
    TokenLockRequest(**SPENDING),
    TokenUnlockRequest(**SPENDING),
    TokenMergeRequest(**SPENDING),
    TokenSplitRequest(ID, (200, 300), (HASH,), SPENDING["authorisation"]),
    LimitTable(2, AT, (CategoryLimits(1, None, None, None, None), CategoryLimits(4, 9, 5, 6, 7))),
    FreezeOrder(ID, "0011000000000017", "freeze", "order 7"),
    FreezeReport(ID, "refused", "not_found"),
    DailyReport("2026-01-31", (CategoryCount(4, 20),), 500, 0),
    TokenAdvice(ID, "issue", 200_000_000, HASH, (), (TOKEN,)),
    TokenRefusal(ID, "lock", "insufficient_funds", "Not enough tokens."),
)
