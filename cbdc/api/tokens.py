"""Access tokens of device sessions: stateless, short-lived, for one institution.

`at_<payload>.<mac>`, both base64url; the payload is expiry (8 bytes, Unix seconds), device id
(16 bytes) and holder id; the mac is HMAC-SHA-256 under a key made from SECRET_KEY. The view
still looks the device up: a lost phone is shut out at once, not when its token ends.
"""

import hmac
import struct
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.utils.encoding import force_bytes
from rest_framework.request import Request

from cbdc.api.parsing import header
from cbdc.clock import now
from cbdc.crypto.encoding import b64url, b64url_decode
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import this_institution

LIFETIME = timedelta(minutes=15)
PREFIX = "at_"
TOKEN_LENGTH_MAX = 512
PURPOSE = b"cbdc access token v1"

_HEAD = struct.Struct(">Q16s")
_MAC_BYTES = 32


@dataclass(frozen=True, slots=True)
class AccessToken:
    """Who calls: the device, and the holder (a wallet or holder id) that it belongs to."""

    device_id: uuid.UUID
    holder_id: str
    expires_at: datetime


def make_access_token(
    *, device_id: uuid.UUID, holder_id: str, expires_at: datetime | None = None
) -> tuple[str, datetime]:
    """A token and when it ends: in 15 minutes, on a whole second, unless said otherwise."""
    expires_s = int((expires_at or now() + LIFETIME).timestamp())
    payload = _HEAD.pack(expires_s, device_id.bytes) + holder_id.encode()
    token = f"{PREFIX}{b64url(payload)}.{b64url(_mac(payload))}"
    return token, datetime.fromtimestamp(expires_s, UTC)


def read_access_token(token: str) -> AccessToken:
    """The inverse of `make_access_token`, for tokens of this institution.

    Raises:
        Problem: authentication_required for what we did not make, token_expired.
    """
    payload = _verified_payload(token)
    expires_s, device = _HEAD.unpack_from(payload)
    if now().timestamp() >= expires_s:
        raise Problem(ErrorCode.TOKEN_EXPIRED)
    return AccessToken(
        device_id=uuid.UUID(bytes=device),
        holder_id=payload[_HEAD.size :].decode(),
        expires_at=datetime.fromtimestamp(expires_s, UTC),
    )


def bearer_credential(request: HttpRequest | Request) -> str:
    """The text after `Authorization: Bearer `: an access token or a secret key.

    Raises:
        Problem: authentication_required.
    """
    scheme, _, credential = header(request, "Authorization").partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential or len(credential) > TOKEN_LENGTH_MAX:
        raise Problem(ErrorCode.AUTHENTICATION_REQUIRED)
    return credential


def _verified_payload(token: str) -> bytes:
    unknown = Problem(ErrorCode.AUTHENTICATION_REQUIRED, "The access token is not valid.")
    body, _, mac = token.removeprefix(PREFIX).partition(".")
    if not token.startswith(PREFIX) or len(token) > TOKEN_LENGTH_MAX:
        raise unknown
    try:
        payload, given = b64url_decode(body), b64url_decode(mac, length=_MAC_BYTES)
    except ValueError as error:
        raise unknown from error
    if not hmac.compare_digest(given, _mac(payload)):
        raise unknown
    return payload


def _mac(payload: bytes) -> bytes:
    """The institution is part of the key's label: no bank takes a token of another."""
    key = _key(force_bytes(settings.SECRET_KEY), this_institution().code)
    return hmac.digest(key, payload, "sha256")


@lru_cache(maxsize=8)
def _key(secret: bytes, institution: str) -> bytes:
    return hmac.digest(secret, PURPOSE + b"\x00" + institution.encode(), "sha256")
