"""base64url without padding (RFC 4648 section 5), strictly."""

import base64


def b64url(raw: bytes) -> str:
    """Base64url text without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def b64url_decode(text: str, *, length: int | None = None) -> bytes:
    """The bytes of a base64url text, of exactly `length` bytes when it is given.

    Raises:
        ValueError: another alphabet, padding, another length, or bits left over.
    """
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # The decoder skips what is not of its alphabet; encoding again shows that nothing was.
    if b64url(raw) != text or (length is not None and len(raw) != length):
        raise ValueError("not the canonical base64url of the expected length")
    return raw
