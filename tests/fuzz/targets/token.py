"""Signed tokens, as messages and exports carry them: `cbdc.crypto.tokens`."""

import json
import re
from collections.abc import Iterator
from typing import Any

from cbdc.crypto.tokens import SignedToken, TokenError, verify_token
from cbdc.strict_json import StrictJsonError, loads_object
from tests.crypto import vectors

VECTOR = vectors.load("token")
ISSUER = vectors.private_key(VECTOR["issuer_seed"]).public_key()
ISSUERS = {VECTOR["signed"]["issuer_key_id"]: ISSUER}

UNSAFE = re.compile("[\\x00\\ud800-\\udfff]")


def texts(value: Any) -> Iterator[str]:
    """Every text and name in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts(item)


def run(data: bytes) -> bool:
    try:
        signed = SignedToken.from_wire(loads_object(data))
    except (StrictJsonError, TokenError):
        return False
    assert SignedToken.from_wire(json.loads(json.dumps(signed.to_wire()))) == signed
    assert len(signed.token.token_id) == 64
    assert not UNSAFE.search("".join(texts(signed.to_wire()))), "no database keeps it"
    try:
        verify_token(signed, ISSUERS.get)
    except TokenError:
        return False
    assert signed.to_wire() == VECTOR["signed"], "a forged token"
    return True


def seeds() -> dict[str, bytes]:
    signed = VECTOR["signed"]
    token = signed["token"]
    more = {"lock": "guarantee", "ext": {"a": [1, "咖", None]}, "issued_at": "0001-01-01T00:00:00Z"}
    return {
        "vector": json.dumps(signed).encode(),
        "locked": json.dumps({**signed, "token": {**token, **more}}).encode(),
    }
