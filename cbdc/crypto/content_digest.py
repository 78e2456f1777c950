"""Content-Digest (RFC 9530), sha-256 only."""

import base64
import hashlib
import hmac


def content_digest(body: bytes) -> str:
    """The header's value: `sha-256=:…:`."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def digest_matches(header: str, body: bytes) -> bool:
    """True if the header is exactly the body's digest; compared in constant time."""
    return hmac.compare_digest(header.strip().encode(), content_digest(body).encode())
