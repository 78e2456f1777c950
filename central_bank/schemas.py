"""The JSON Schemas of what the central bank publishes, for its OpenAPI document."""

from collections.abc import Mapping
from typing import Any

JsonSchema = dict[str, Any]
TEXT: JsonSchema = {"type": "string"}
INTEGER: JsonSchema = {"type": "integer"}
BOOLEAN: JsonSchema = {"type": "boolean"}
TIME: JsonSchema = {"type": "string", "format": "date-time"}
UUID_TEXT: JsonSchema = {"type": "string", "format": "uuid"}
AMOUNTS: JsonSchema = {"type": "object", "additionalProperties": INTEGER}  # by institution code


def nullable(schema: JsonSchema) -> JsonSchema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def record(properties: Mapping[str, JsonSchema]) -> JsonSchema:
    """An object that has all these members."""
    return {"type": "object", "required": list(properties), "properties": dict(properties)}


def listing(item: JsonSchema, **more: JsonSchema) -> JsonSchema:
    """`{"data": [item]}`."""
    return record({"data": {"type": "array", "items": item}, **more})


SUPPLY = record(
    {
        "currency": TEXT,
        "issued": INTEGER,
        "redeemed": INTEGER,
        "in_circulation": INTEGER,
        "held": AMOUNTS,
        "locked": AMOUNTS,
        "as_of": TIME,
    }
)
INSTITUTION = record(
    {
        "code": TEXT,
        "number": TEXT,
        "name": TEXT,
        "status": {"type": "string", "enum": ["active", "suspended"]},
        "base_url": TEXT,
        "keys": {"type": "array", "items": {"type": "object"}},
    }
)
WALLET_LIMIT = record(
    {
        "category": INTEGER,
        "identity": TEXT,
        **dict.fromkeys(("balance", "per_payment", "daily", "annual"), nullable(INTEGER)),
    }
)
LIMIT_TABLE = record(
    {
        "version": INTEGER,
        "effective_from": TIME,
        "in_force": BOOLEAN,
        "currency": TEXT,
        "categories": {"type": "array", "items": WALLET_LIMIT},
    }
)
CYCLE = record(
    {
        "cycle_id": UUID_TEXT,
        "state": {"type": "string", "enum": ["open", "closed", "settled"]},
        "opened_at": TIME,
        "closed_at": nullable(TIME),
        "settled_at": nullable(TIME),
        "payments": INTEGER,
        "gross": INTEGER,
        "net": AMOUNTS,
        "transaction_id": nullable(TEXT),
    }
)
STEP = record({"kind": TEXT, "sequence": INTEGER})
TOKEN = record(
    {
        "token_id": TEXT,
        "institution": TEXT,
        "value": INTEGER,
        "status": {"type": "string", "enum": ["live", "spent"]},
        "signed": {"type": "object"},
        "made_by": STEP,
        "spent_by": nullable(STEP),
    }
)
ISSUER_KEY = record(
    {
        "kty": TEXT,
        "crv": TEXT,
        "x": TEXT,
        "kid": TEXT,
        "valid_from": TIME,
        "valid_to": nullable(TIME),
    }
)
