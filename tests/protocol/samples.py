"""One message of each kind, with every field filled."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cbdc.crypto import keys, tokens
from cbdc.protocol.messages import (
    Camt053,
    Camt056,
    Message,
    Pacs002,
    Pacs008,
    Pacs009,
    Pacs028,
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
MESSAGES: tuple[Message, ...] = (
    PACS_008,
    replace(PACS_008, order_reference=None),
    Pacs002(ID, "ACSC", None, None, None),
    Pacs002(ID, "RJCT", "AC04", "wallet_closed", "The wallet is closed."),
    Pacs028(ID),
    Camt056(ID, "no answer in time"),
    Pacs009(ID, -500, HASH, (HASH,), (TOKEN,), 3, AT, AT),
    Pacs009(ID, 0, None, (), (), 2, AT, AT),
    Camt053(ID, 1, 2, (StatementEntry(ID, "in", 7), StatementEntry(ID, "out", 9)), 7, 9),
    TokenIssueRequest(ID, 200_000_000),
    TokenRedeemRequest(**SPENDING),
    TokenLockRequest(**SPENDING),
    TokenUnlockRequest(**SPENDING),
    TokenMergeRequest(**SPENDING),
    TokenSplitRequest(ID, (200, 300), (HASH,), SPENDING["authorisation"]),
    TokenAdvice(ID, "issue", 200_000_000, HASH, (), (TOKEN,)),
    TokenRefusal(ID, "lock", "insufficient_funds", "Not enough tokens."),
)
