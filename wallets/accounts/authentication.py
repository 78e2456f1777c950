"""Who calls: the access token, and the device's signature on what moves money."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.http import HttpRequest
from rest_framework.request import Request

from cbdc.api.parsing import SentHeaders, plain_request, read_body
from cbdc.api.tokens import bearer_credential, read_access_token
from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.crypto.http_signatures import (
    HOLDER_COMPONENTS,
    SignatureError,
    Verified,
    verify_request,
)
from cbdc.errors import ErrorCode, Problem
from cbdc.prepared import one_row
from wallets.accounts.models import Device

_PROBLEMS = {
    "missing": ErrorCode.SIGNATURE_MISSING,
    "invalid": ErrorCode.SIGNATURE_INVALID,
    "expired": ErrorCode.SIGNATURE_EXPIRED,
}
_CALLER = """
SELECT w.wallet_id, w.phone_hash, d.public_key, d.limited_until
FROM accounts_device d JOIN accounts_wallet w ON w.wallet_id = d.wallet_id
WHERE d.id = %s AND d.revoked_at IS NULL
"""

RECALLED_MAX = 50_000  # devices, of some 500 bytes each
NEW_DEVICE_CATEGORY = 4  # whose limits a new device of a known phone pays within


@dataclass(frozen=True, slots=True)
class Caller:
    """A wallet holder, on one device; `limited_until` while the device is new."""

    device_id: UUID
    wallet_id: str
    phone_hash: str = field(repr=False)
    public_key: str  # of the device, base64url
    limited_until: datetime | None = None

    @property
    def name(self) -> str:
        """Whose Idempotency-Keys they are."""
        return f"holder:{self.wallet_id}"

    @property
    def is_limited(self) -> bool:
        return self.limited_until is not None and self.limited_until > now()


# Devices as this process last saw them, the longest known first.
_recalled: OrderedDict[UUID, Caller] = OrderedDict()


def authenticate(request: HttpRequest | Request) -> Caller:
    """The holder of the bearer token.

    Raises:
        Problem: authentication_required (also for a device that was shut out), token_expired.
    """
    token = read_access_token(bearer_credential(request))
    row = one_row(_CALLER, [token.device_id])
    if row is None or row[0] != token.holder_id:
        _recalled.pop(token.device_id, None)
        raise Problem(ErrorCode.AUTHENTICATION_REQUIRED, "The device is not in use.")
    caller = Caller(token.device_id, *row)
    _remember(caller)
    return caller


def recall(request: HttpRequest | Request) -> Caller:
    """As `authenticate`, but the device may have been shut out since this process last saw it.

    Only for who asks the database in the same statement as the effect whether it still is what
    was recalled (`payments.at_once`).

    Raises:
        Problem: as `authenticate`.
    """
    token = read_access_token(bearer_credential(request))
    known = _recalled.get(token.device_id)
    if known is not None and known.wallet_id == token.holder_id:
        return known
    return authenticate(request)


def _remember(caller: Caller) -> None:
    while len(_recalled) >= RECALLED_MAX and caller.device_id not in _recalled:
        _recalled.popitem(last=False)
    _recalled[caller.device_id] = caller


def verify_signature(request: HttpRequest | Request, caller: Caller) -> Verified:
    """Check the RFC 9421 signature by the caller's own device; what it proves is evidence.

    Raises:
        Problem: signature_missing, signature_invalid, signature_expired.
    """
    return _check(
        request, caller.device_id, caller.public_key, HOLDER_COMPONENTS, nonce_required=False
    )


def verify_signature_if_given(request: Request, caller: Caller) -> Verified | None:
    """As `verify_signature`, for calls that may come without one.

    Raises:
        Problem: signature_invalid, signature_expired.
    """
    given = bool(SentHeaders(request).keys() & {"signature", "signature-input"})
    return verify_signature(request, caller) if given else None


def check_signature(
    request: Request, device_id: UUID, required: tuple[str, ...], *, nonce_required: bool
) -> Verified:
    """`verify_signature` for any profile of a device."""
    device = Device.objects.filter(id=device_id, revoked_at__isnull=True).first()
    public_key = None if device is None else device.public_key
    return _check(request, device_id, public_key, required, nonce_required=nonce_required)


@lru_cache(maxsize=RECALLED_MAX)
def _public_key(text: str) -> Ed25519PublicKey:
    return keys.public_from_raw(text)


def _check(
    request: HttpRequest | Request,
    device_id: UUID,
    public_key: str | None,
    required: tuple[str, ...],
    *,
    nonce_required: bool,
) -> Verified:
    def resolve(keyid: str) -> Ed25519PublicKey | None:
        if public_key is None or keyid != str(device_id):
            return None
        return _public_key(public_key)

    plain = plain_request(request)
    try:
        return verify_request(
            method=plain.method or "",
            path=plain.path,
            authority=plain.get_host(),
            headers=SentHeaders(plain),
            body=read_body(plain),
            resolve_key=resolve,
            required=required,
            nonce_required=nonce_required,
            now=int(now().timestamp()),
        )
    except SignatureError as error:
        raise Problem(_PROBLEMS[error.kind], str(error)) from error
