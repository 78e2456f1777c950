"""The JSON vectors of tests/vectors, which another implementation can check itself against."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cbdc.crypto.encoding import b64url_decode

FOLDER = Path(__file__).parents[1] / "vectors"


def load(name: str) -> dict[str, Any]:
    """One vector file, by its name without `.json`."""
    values: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return values


def private_key(seed: str) -> Ed25519PrivateKey:
    """The key of a base64url seed."""
    return Ed25519PrivateKey.from_private_bytes(b64url_decode(seed, length=32))
