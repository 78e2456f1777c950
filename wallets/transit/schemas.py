"""What transit answers, for the OpenAPI documents."""

from typing import Any

from wallets.schemas import A_MOMENT

A_JOURNEY = "019ab6f0-7b1e-7c3a-9d55-0c1f6e2a4b10"
TEXT = {"type": "string"}
FEN = {"type": "integer", "description": "fen"}
STATION = {"type": ["string", "null"], "description": "null where nobody knows it"}

JOURNEY: dict[str, Any] = {
    "title": "Journey",
    "type": "object",
    "required": [
        "journey_id", "day", "from", "to", "fare", "discount", "charged", "status", "charge_status",
    ],
    "properties": {
        "journey_id": {"type": "string", "format": "uuid"},
        "day": {"type": "string", "format": "date", "description": "a transit day"},
        "started_at": {"type": "string", "format": "date-time"},
        "from": STATION,
        "to": STATION,
        "fare": FEN,
        "discount": FEN,
        "charged": FEN,
        "status": {"enum": ["complete", "incomplete", "corrected"]},
        "charge_status": {"enum": ["free", "open", "pending", "paid", "owed", "written_off"]},
        "why": {"type": "string", "description": "how the charge came about"},
        "operator": {"type": "string", "description": "its trading name"},
        "credential_id": {"type": "string", "format": "uuid"},
        "tap_ids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
    },
}  # fmt: skip
JOURNEY_EXAMPLE = {
    "journey_id": A_JOURNEY,
    "day": "2026-11-30",
    "started_at": A_MOMENT,
    "from": "harbour",
    "to": "airport",
    "fare": 7_00,
    "discount": 1_00,
    "charged": 6_00,
    "status": "complete",
    "charge_status": "paid",
    "why": "5 zones 7.00; cap reached, saved 1.00",
    "operator": "Harbor Metro",
}
CREDENTIAL: dict[str, Any] = {
    "title": "TransitCredential",
    "type": "object",
    "required": ["credential_id", "credential", "expires_at"],
    "properties": {
        "credential_id": {"type": "string", "format": "uuid"},
        "credential": {"type": "string", "description": "what a gate reads; under 200 characters"},
        "expires_at": {"type": "string", "format": "date-time"},
    },
}
CREDENTIAL_EXAMPLE = {
    "credential_id": A_JOURNEY,
    "credential": "AQALq83vAZq28Hseczo…",
    "expires_at": A_MOMENT,
}
TAPS: dict[str, Any] = {
    "title": "TapsTaken",
    "type": "object",
    "required": ["accepted", "duplicates", "rejected"],
    "properties": {
        "accepted": {"type": "integer"},
        "duplicates": {"type": "integer"},
        "rejected": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tap_id", "code"],
                "properties": {
                    "tap_id": {"type": "string", "format": "uuid"},
                    "code": TEXT,
                    "detail": TEXT,
                },
            },
        },
    },
}
DENY_LIST: dict[str, Any] = {
    "title": "DenyList",
    "type": "object",
    "required": ["version", "added", "removed"],
    "properties": {
        "version": {"type": "integer"},
        "added": {"type": "array", "items": {"type": "string", "format": "uuid"}},
        "removed": {"type": "array", "items": {"type": "string", "format": "uuid"}},
    },
}
FARES_SENT: dict[str, Any] = {
    "effective_from": "2026-12-01",
    "day_starts_at": "04:30",
    "stations": [
        {"code": "harbour", "name": "Harbour", "zone": 1},
        {"code": "airport", "name": "Airport", "zone": 3},
    ],
    "method": "zonal",
    "zones": {"1": 3_00, "2": 4_00, "3": 7_00},
    "peak": [{"from": "07:00", "to": "09:00", "days": ["mon", "tue"], "percent": 150}],
    "concessions": {"student": 50},
    "transfer_window_min": 30,
    "daily_cap": 20_00,
    "weekly_cap": 80_00,
    "maximum_fare": 11_00,
    "incomplete_after_h": 4,
}
FARES_EXAMPLE = {
    **FARES_SENT,
    "version": "2026-12",
    "status": "scheduled",
    "first_day": "2026-12-01",
    "put_at": A_MOMENT,
}
FARES: dict[str, Any] = {
    "title": "FareVersion",
    "type": "object",
    "required": ["version", "effective_from", "day_starts_at", "stations", "method"],
    "properties": {
        "version": TEXT,
        "status": {"enum": ["scheduled", "in_force", "superseded"]},
        "first_day": {"type": "string", "format": "date"},
        "effective_from": TEXT,
        "day_starts_at": TEXT,
        "method": {"enum": ["flat", "zonal", "matrix"]},
        "stations": {"type": "array", "items": {"type": "object"}},
    },
}
