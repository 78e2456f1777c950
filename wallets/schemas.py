"""JSON Schemas of what the wallets' views answer, for the OpenAPI document."""

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}


def record(**properties: dict[str, Any]) -> dict[str, Any]:
    """An object that has all of these."""
    return {"type": "object", "required": list(properties), "properties": properties}


def listing(item: dict[str, Any]) -> dict[str, Any]:
    """A page of a list."""
    return record(data={"type": "array", "items": item}, next_cursor=nullable("string"))


def nullable(kind: str) -> dict[str, Any]:
    """That type, or null."""
    return {"type": [kind, "null"]}


_LIMITS = record(
    **{name: nullable("integer") for name in ("balance", "per_payment", "daily", "annual")}
)
WALLET = record(
    **dict.fromkeys(("wallet_id", "institution", "kind", "name", "status", "currency"), TEXT),
    **dict.fromkeys(("category", "balance"), INTEGER),
    parent=nullable("string"),
    limits=_LIMITS,
    used=record(daily=INTEGER, annual=INTEGER),
    opened_at=TEXT,
)
ENROLMENT = record(enrolment_id=TEXT, expires_at=TEXT)
CONFIRMED = record(wallet=WALLET, device_id=TEXT, access_token=TEXT, expires_at=TEXT)
SESSION = record(access_token=TEXT, expires_at=TEXT)
DEVICE = record(
    device_id=TEXT,
    name=TEXT,
    created_at=TEXT,
    limited_until=nullable("string"),
    revoked_at=nullable("string"),
)
PAYMENT = record(
    **dict.fromkeys(
        ("payment_id", "status", "payer_wallet", "payee_wallet", "currency", "memo", "created_at"),
        TEXT,
    ),
    amount=INTEGER,
    reference=nullable("string"),
    rejection={"oneOf": [record(code=TEXT, detail=TEXT), {"type": "null"}]},
    completed_at=nullable("string"),
)
CODE = record(payment_code=TEXT, expires_at=TEXT)
MOVEMENT = record(
    transaction_id=TEXT, status=TEXT, amount=INTEGER, wallet_id=TEXT, deposit_account=TEXT
)
TRANSACTION = record(
    **dict.fromkeys(
        (
            "transaction_id",
            "kind",
            "direction",
            "counterparty",
            "memo",
            "status",
            "occurred_at",
        ),
        TEXT,
    ),
    **dict.fromkeys(("amount", "balance_after"), INTEGER),
)
