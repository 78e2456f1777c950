"""JSON Schemas and examples of what merchants are answered, for the OpenAPI document."""

from wallets.qr import QrCode, encode
from wallets.schemas import (
    A_MOMENT,
    A_WALLET,
    AN_ID,
    CURRENCY,
    FEN,
    LATER,
    NULLABLE_TIME,
    TEXT,
    TIME,
    UUID_TEXT,
    WALLET_ID,
    JsonSchema,
    nullable,
    one_of,
    record,
)

REJECTION: JsonSchema = {"oneOf": [record("Rejection", code=TEXT, detail=TEXT), {"type": "null"}]}
ORDER = record(
    "Order",
    order_id=UUID_TEXT,
    out_trade_no=TEXT,
    status=one_of("open", "paying", "paid", "closed", "expired"),
    amount=FEN,
    currency=CURRENCY,
    refunded=FEN,
    refunding=FEN,
    fee=FEN,
    description=TEXT,
    qr=nullable("string", description="EMVCo payload; none of a charge"),
    shop_id=nullable("string", format="uuid"),
    terminal=nullable("string"),
    payment_id=nullable("string", format="uuid"),
    rejection=REJECTION,
    created_at=TIME,
    paid_at=NULLABLE_TIME,
    closed_at=NULLABLE_TIME,
    expires_at=TIME,
)
REFUND = record(
    "Refund",
    refund_id=UUID_TEXT,
    order_id=UUID_TEXT,
    out_refund_no=TEXT,
    amount=FEN,
    status=one_of("completed", "pending", "rejected"),
    reason=TEXT,
    rejection=REJECTION,
    created_at=TIME,
    completed_at=NULLABLE_TIME,
)
STATIC_QR = record("StaticQr", wallet_id=WALLET_ID, qr=TEXT)
ENDPOINT_FIELDS: dict[str, JsonSchema] = {
    "id": UUID_TEXT,
    "endpoint_id": UUID_TEXT,
    "url": TEXT,
    "events": {"type": "array", "items": TEXT},
    "status": one_of("live", "disabled"),
    "created_at": TIME,
}
ENDPOINT = record("WebhookEndpoint", **ENDPOINT_FIELDS)
NEW_ENDPOINT = record("WebhookEndpointWithSecret", **ENDPOINT_FIELDS, secret=TEXT)
REDELIVERED = record("Redelivered", redelivered={"type": "integer"})
QR_TEXT = encode(QrCode(A_WALLET, name="HARBOR COFFEE", category="5814", amount=18_00))
ORDER_EXAMPLE: JsonSchema = {
    "order_id": AN_ID,
    "out_trade_no": "2026-0001",
    "status": "open",
    "amount": 18_00,
    "currency": "CNY",
    "refunded": 0,
    "refunding": 0,
    "fee": 0,
    "description": "flat white",
    "qr": QR_TEXT,
    "shop_id": None,
    "terminal": None,
    "payment_id": None,
    "rejection": None,
    "created_at": A_MOMENT,
    "paid_at": None,
    "closed_at": None,
    "expires_at": LATER,
}
PAID_EXAMPLE: JsonSchema = {
    **ORDER_EXAMPLE,
    "status": "paid",
    "qr": None,
    "payment_id": AN_ID,
    "paid_at": A_MOMENT,
}
REFUND_EXAMPLE: JsonSchema = {
    "refund_id": AN_ID,
    "order_id": AN_ID,
    "out_refund_no": "2026-0001-1",
    "amount": 5_00,
    "status": "completed",
    "reason": "cold",
    "rejection": None,
    "created_at": A_MOMENT,
    "completed_at": A_MOMENT,
}
ENDPOINT_EXAMPLE: JsonSchema = {
    "id": AN_ID,
    "endpoint_id": AN_ID,
    "url": "https://shop.example/hooks",
    "events": ["order.paid"],
    "status": "live",
    "created_at": A_MOMENT,
}
NEW_ENDPOINT_EXAMPLE: JsonSchema = {**ENDPOINT_EXAMPLE, "secret": "whsec_AAAA"}
