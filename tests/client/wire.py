"""Answers as API.md writes them."""

from typing import Any

WALLET: dict[str, Any] = {
    "wallet_id": "0011000000000017",
    "institution": "harbor",
    "kind": "personal",
    "category": 4,
    "parent": None,
    "name": "",
    "status": "active",
    "balance": 12_34,
    "currency": "CNY",
    "limits": {"balance": 1_000_000, "per_payment": 200_000, "daily": 500_000, "annual": None},
    "used": {"daily": 5, "annual": 6},
    "opened_at": "2026-11-24T10:00:00Z",
    "a_field_of_tomorrow": 1,
}
PAYMENT: dict[str, Any] = {
    "payment_id": "0193-p",
    "status": "completed",
    "payer_wallet": "0011000000000017",
    "payee_wallet": "0012000000000016",
    "amount": 12_34,
    "currency": "CNY",
    "memo": "tea",
    "reference": None,
    "rejection": None,
    "created_at": "2026-11-24T10:00:00Z",
    "completed_at": "2026-11-24T10:00:00.120000Z",
}
TRANSACTION: dict[str, Any] = {
    "transaction_id": "0193-t",
    "kind": "payment",
    "direction": "out",
    "amount": 12_34,
    "balance_after": 0,
    "counterparty": "0012000000000016",
    "memo": "[red]\x1b[31mtea",
    "status": "completed",
    "occurred_at": "2026-11-24T10:00:00Z",
}
EXCHANGE: dict[str, Any] = {
    "transaction_id": "0193-x",
    "status": "completed",
    "amount": 100_00,
    "wallet_id": "0011000000000017",
    "deposit_account": "620011000000000011",
}
SESSION = {"access_token": "token-1", "expires_at": "2026-11-24T10:15:00Z"}
SUPPLY: dict[str, Any] = {
    "currency": "CNY",
    "issued": 600,
    "redeemed": 100,
    "in_circulation": 500,
    "held": {"harbor": 300, "lotus": 200},
    "locked": {"harbor": 100, "lotus": 0},
    "as_of": "2026-11-24T10:00:00Z",
}
CYCLE: dict[str, Any] = {
    "cycle_id": "0193-c",
    "state": "settled",
    "opened_at": "2026-11-24T10:00:00Z",
    "closed_at": "2026-11-24T10:01:00Z",
    "settled_at": "2026-11-24T10:01:01Z",
    "payments": 2,
    "gross": 3845,
    "net": {"harbor": -2345, "lotus": 845, "jade": 1500},
}
PERSON = {
    "full_name": "Li Wei",
    "phone": "+8613800000001",
    "id_number": "110101199001011234",
    "deposit_account": "620011000000000011",
}
DEVICE: dict[str, Any] = {
    "device_id": "device-1",
    "name": "phone",
    "created_at": "2026-11-24T10:00:00Z",
    "limited_until": None,
    "revoked_at": None,
}
CODE = {"payment_code": "00110000000000000001", "expires_at": "2026-11-24T10:01:00Z"}
QR = {"wallet_id": "0011000000000017", "amount": None, "qr": "000201"}
AUTO_TOP_UP = {"wallet_id": "0011000000000017", "deposit_account": "620011000000000011"}
REQUEST: dict[str, Any] = {
    "request_id": "0193-r",
    "status": "open",
    "payee_wallet": "0011000000000017",
    "payer_wallet": "0012000000000016",
    "amount": 25_00,
    "currency": "CNY",
    "memo": "dinner",
    "payment_id": None,
    "created_at": "2026-11-24T10:00:00Z",
    "expires_at": "2026-11-25T10:00:00Z",
}
CREDENTIAL = {
    "credential_id": "0193-c",
    "credential": "AQALq83v",
    "expires_at": "2026-12-01T10:00:00Z",
}
JOURNEY: dict[str, Any] = {
    "journey_id": "0193-j",
    "day": "2026-11-30",
    "started_at": "2026-11-30T00:01:02Z",
    "from": "harbour",
    "to": None,
    "fare": 10_00,
    "discount": 4_00,
    "charged": 6_00,
    "status": "incomplete",
    "charge_status": "open",
    "why": "no exit, maximum fare 10.00; [red]cap reached, saved 4.00",
    "operator": "Harbor Metro",
}
