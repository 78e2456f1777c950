"""Who calls: the access token, and the device's signature on what moves money."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rest_framework.request import Request

from cbdc.api.parsing import read_body
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
from wallets.accounts.models import Device

_PROBLEMS = {
    "missing": ErrorCode.SIGNATURE_MISSING,
    "invalid": ErrorCode.SIGNATURE_INVALID,
    "expired": ErrorCode.SIGNATURE_EXPIRED,
}


NEW_DEVICE_CATEGORY = 4  # whose limits a new device of a known phone pays within


@dataclass(frozen=True, slots=True)
class Caller:
    """A wallet holder, on one device; `limited_until` while the device is new."""

    device_id: UUID
    wallet_id: str
    phone_hash: str = field(repr=False)
    limited_until: datetime | None = None

    @property
    def is_limited(self) -> bool:
        return self.limited_until is not None and self.limited_until > now()


def authenticate(request: Request) -> Caller:
    """The holder of the bearer token.

    Raises:
        Problem: authentication_required (also for a device that was shut out), token_expired.
    """
    token = read_access_token(bearer_credential(request))
    device = (
        Device.objects.select_related("wallet")
        .filter(id=token.device_id, revoked_at__isnull=True)
        .first()
    )
    if device is None or device.wallet_id != token.holder_id:
        raise Problem(ErrorCode.AUTHENTICATION_REQUIRED, "The device is not in use.")
    return Caller(device.id, device.wallet_id, device.wallet.phone_hash, device.limited_until)


def verify_signature(request: Request, caller: Caller) -> Verified:
    """Check the RFC 9421 signature by the caller's own device; what it proves is evidence.

    Raises:
        Problem: signature_missing, signature_invalid, signature_expired.
    """
    return check_signature(request, caller.device_id, HOLDER_COMPONENTS, nonce_required=False)


def verify_signature_if_given(request: Request, caller: Caller) -> Verified | None:
    """As `verify_signature`, for calls that may come without one.

    Raises:
        Problem: signature_invalid, signature_expired.
    """
    given = "signature" in request.headers or "signature-input" in request.headers
    return verify_signature(request, caller) if given else None


def check_signature(
    request: Request, device_id: UUID, required: tuple[str, ...], *, nonce_required: bool
) -> Verified:
    """`verify_signature` for any profile of a device."""
    device = Device.objects.filter(id=device_id, revoked_at__isnull=True).first()

    def resolve(keyid: str) -> Ed25519PublicKey | None:
        if device is None or keyid != str(device.id):
            return None
        return keys.public_from_raw(device.public_key)

    try:
        return verify_request(
            method=request.method or "",
            path=request.path,
            authority=request.get_host(),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=read_body(request),
            resolve_key=resolve,
            required=required,
            nonce_required=nonce_required,
            now=int(now().timestamp()),
        )
    except SignatureError as error:
        raise Problem(_PROBLEMS[error.kind], str(error)) from error
