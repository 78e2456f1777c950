"""JSON Schemas and examples of what the wallets' views answer, for the OpenAPI document.

A schema with a title stands once in the document, under that name.
"""

from typing import Any

JsonSchema = dict[str, Any]
TEXT: JsonSchema = {"type": "string"}
INTEGER: JsonSchema = {"type": "integer"}
FEN: JsonSchema = {"type": "integer", "description": "fen"}
TIME: JsonSchema = {"type": "string", "format": "date-time"}
UUID_TEXT: JsonSchema = {"type": "string", "format": "uuid"}
WALLET_ID: JsonSchema = {"type": "string", "pattern": "^[0-9]{16}$"}
CURRENCY: JsonSchema = {"type": "string", "enum": ["CNY"]}


def record(title: str = "", **properties: JsonSchema) -> JsonSchema:
    """An object that has all of these."""
    named = {"title": title} if title else {}
    return {**named, "type": "object", "required": list(properties), "properties": properties}


def listing(item: JsonSchema) -> JsonSchema:
    """A page of a list."""
    page = record(data={"type": "array", "items": item}, next_cursor=nullable("string"))
    return {"title": f"{item['title']}Page", **page} if "title" in item else page


def nullable(kind: str, **more: Any) -> JsonSchema:
    """That type, or null."""
    return {"type": [kind, "null"], **more}


def one_of(*words: str) -> JsonSchema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


NULLABLE_TIME = nullable("string", format="date-time")
LIMITS = record(
    "Limits",
    **{name: nullable("integer") for name in ("balance", "per_payment", "daily", "annual")},
)
WALLET = record(
    "Wallet",
    wallet_id=WALLET_ID,
    institution=TEXT,
    kind=one_of("personal", "corporate"),
    category=INTEGER,
    parent=nullable("string"),
    name=TEXT,
    status=one_of("active", "frozen", "closed"),
    balance=FEN,
    currency=CURRENCY,
    limits=LIMITS,
    used=record("Used", daily=FEN, annual=FEN),
    opened_at=TIME,
    closed_at=NULLABLE_TIME,
    frozen_by={"type": ["string", "null"], "enum": ["holder", "bank", None]},
    auto_top_up=nullable("string", description="the deposit account, when it is on"),
)
ENROLMENT = record("Enrolment", enrolment_id=UUID_TEXT, expires_at=TIME)
CONFIRMED = record(
    "Confirmed", wallet=WALLET, device_id=UUID_TEXT, access_token=TEXT, expires_at=TIME
)
SESSION = record("Session", access_token=TEXT, expires_at=TIME)
DEVICE = record(
    "Device",
    device_id=UUID_TEXT,
    name=TEXT,
    created_at=TIME,
    limited_until=NULLABLE_TIME,
    revoked_at=NULLABLE_TIME,
)
PAYMENT = record(
    "Payment",
    payment_id=UUID_TEXT,
    status=one_of("completed", "pending", "rejected"),
    payer_wallet=WALLET_ID,
    payee_wallet=WALLET_ID,
    amount=FEN,
    currency=CURRENCY,
    memo=TEXT,
    reference=nullable("string"),
    rejection={"oneOf": [record("Rejection", code=TEXT, detail=TEXT), {"type": "null"}]},
    created_at=TIME,
    completed_at=NULLABLE_TIME,
)
CODE = record("PaymentCode", payment_code=TEXT, expires_at=TIME)
QR = record("WalletQr", wallet_id=WALLET_ID, amount=nullable("integer"), qr=TEXT)
AUTO_TOP_UP = record("AutoTopUp", wallet_id=WALLET_ID, deposit_account=nullable("string"))
MOVEMENT = record(
    "Movement",
    transaction_id=UUID_TEXT,
    status=one_of("completed"),
    amount=FEN,
    wallet_id=WALLET_ID,
    deposit_account=TEXT,
)
TRANSACTION = record(
    "Transaction",
    transaction_id=UUID_TEXT,
    kind=TEXT,
    direction=one_of("in", "out"),
    amount=FEN,
    balance_after=FEN,
    counterparty=TEXT,
    memo=TEXT,
    status=one_of("completed", "pending", "rejected"),
    occurred_at=TIME,
)
REQUEST = record(
    "PaymentRequest",
    request_id=UUID_TEXT,
    status=one_of("open", "paying", "paid", "declined", "cancelled", "expired"),
    payee_wallet=WALLET_ID,
    payer_wallet=WALLET_ID,
    amount=FEN,
    currency=CURRENCY,
    memo=TEXT,
    payment_id=nullable("string", format="uuid"),
    created_at=TIME,
    expires_at=TIME,
)
EXPORT = {"title": "Export", "type": "object", "additionalProperties": True}

# --- Examples ---------------------------------------------------------------------------
A_WALLET = "0011000000000015"
ANOTHER_WALLET = "0012000000000014"
AN_ID = "0198f2a0-7c3b-7e11-9d5a-3f0b8f6f2c11"
A_MOMENT = "2026-11-25T02:15:00.000000Z"
LATER = "2026-11-25T02:30:00.000000Z"
AN_ACCOUNT = "620011000000000011"
WALLET_EXAMPLE: JsonSchema = {
    "wallet_id": A_WALLET,
    "institution": "harbor",
    "kind": "personal",
    "category": 4,
    "parent": None,
    "name": "",
    "status": "active",
    "balance": 12_34,
    "currency": "CNY",
    "limits": {
        "balance": 1_000_000,
        "per_payment": 200_000,
        "daily": 500_000,
        "annual": 5_000_000,
    },
    "used": {"daily": 0, "annual": 0},
    "opened_at": A_MOMENT,
    "closed_at": None,
    "frozen_by": None,
    "auto_top_up": None,
}
CONFIRMED_EXAMPLE: JsonSchema = {
    "wallet": WALLET_EXAMPLE,
    "device_id": AN_ID,
    "access_token": "at_AAAA.BBBB",
    "expires_at": LATER,
}
SESSION_EXAMPLE = {"access_token": "at_AAAA.BBBB", "expires_at": LATER}
DEVICE_EXAMPLE: JsonSchema = {
    "device_id": AN_ID,
    "name": "my phone",
    "created_at": A_MOMENT,
    "limited_until": None,
    "revoked_at": None,
}
PAYMENT_EXAMPLE: JsonSchema = {
    "payment_id": AN_ID,
    "status": "completed",
    "payer_wallet": A_WALLET,
    "payee_wallet": ANOTHER_WALLET,
    "amount": 12_34,
    "currency": "CNY",
    "memo": "tea",
    "reference": None,
    "rejection": None,
    "created_at": A_MOMENT,
    "completed_at": A_MOMENT,
}
MOVEMENT_EXAMPLE: JsonSchema = {
    "transaction_id": AN_ID,
    "status": "completed",
    "amount": 100_00,
    "wallet_id": A_WALLET,
    "deposit_account": AN_ACCOUNT,
}
TRANSACTION_EXAMPLE: JsonSchema = {
    "transaction_id": AN_ID,
    "kind": "payment",
    "direction": "out",
    "amount": 12_34,
    "balance_after": 87_66,
    "counterparty": ANOTHER_WALLET,
    "memo": "tea",
    "status": "completed",
    "occurred_at": A_MOMENT,
}
REQUEST_EXAMPLE: JsonSchema = {
    "request_id": AN_ID,
    "status": "open",
    "payee_wallet": ANOTHER_WALLET,
    "payer_wallet": A_WALLET,
    "amount": 25_00,
    "currency": "CNY",
    "memo": "half the dinner",
    "payment_id": None,
    "created_at": A_MOMENT,
    "expires_at": LATER,
}


def page_of(row: JsonSchema) -> JsonSchema:
    """A last page with one row."""
    return {"data": [row], "next_cursor": None}
