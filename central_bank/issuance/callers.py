"""Who asks after a token: an institution or an auditor, proved by a signature (RFC 9421)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import IntegrityError, transaction
from rest_framework.request import Request

from cbdc.api.parsing import SentHeaders, read_body
from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.crypto.http_signatures import (
    INTERBANK_COMPONENTS,
    SIGNATURE_WINDOW_S,
    SignatureError,
    verify_request,
)
from cbdc.errors import ErrorCode, Problem
from cbdc.messaging.models import Nonce
from central_bank.supervision import directory
from central_bank.supervision.models import Auditor

SKEW = timedelta(seconds=120)
_PROBLEMS = {
    "missing": ErrorCode.SIGNATURE_MISSING,
    "invalid": ErrorCode.SIGNATURE_INVALID,
    "expired": ErrorCode.SIGNATURE_EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A bank by its code, or an auditor."""

    code: str
    audits: bool


def authenticate(request: Request) -> Caller:
    """The caller whose key signed exactly this request, once.

    The signature is that of interbank requests; the digest is of the empty body.

    Raises:
        Problem: signature_missing, signature_invalid, signature_expired, signature_replayed.
    """
    try:
        verified = verify_request(
            method=request.method or "",
            path=request.path,
            authority=urlsplit(settings.PUBLIC_BASE_URL).netloc,
            headers=SentHeaders(request),
            body=read_body(request),
            resolve_key=_key,
            required=INTERBANK_COMPONENTS,
            nonce_required=True,
            now=int(now().timestamp()),
        )
    except SignatureError as error:
        raise Problem(_PROBLEMS[error.kind], str(error)) from error
    _use_nonce(verified.keyid, verified.nonce or "", verified.created)
    code = verified.keyid.partition("#")[0]
    return Caller(code, audits=Auditor.objects.filter(code=code).exists())


def _key(keyid: str) -> Ed25519PublicKey | None:
    code, _, key_id = keyid.partition("#")
    auditor = Auditor.objects.filter(code=code, key_id=key_id).first()
    if auditor is None:
        return directory.signing_keys(code).get(key_id)
    in_force = auditor.valid_to is None or now() < auditor.valid_to
    return keys.public_from_raw(auditor.public_key) if in_force else None


def _use_nonce(keyid: str, nonce: str, created: int) -> None:
    until = datetime.fromtimestamp(created + SIGNATURE_WINDOW_S, UTC) + SKEW
    try:
        with transaction.atomic():
            Nonce.objects.create(keyid=keyid, nonce=nonce, expires_at=until)
    except IntegrityError as error:
        raise Problem(ErrorCode.SIGNATURE_REPLAYED) from error
