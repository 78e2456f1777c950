"""Receiving: verify, refuse replays, answer with what became of each message (handling.py)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection

from cbdc.api.parsing import require_json_headers
from cbdc.clock import now
from cbdc.crypto.http_signatures import (
    INTERBANK_COMPONENTS,
    SIGNATURE_WINDOW_S,
    SignatureError,
    Verified,
    sign_response,
    verify_request,
)
from cbdc.errors import ErrorCode, Problem
from cbdc.messaging.exchange import HttpAnswer
from cbdc.messaging.handling import Signer, handle_batch
from cbdc.messaging.identity import own_key, own_keyid
from cbdc.messaging.selectors import peer
from cbdc.protocol.codecs import ProtocolError
from cbdc.protocol.envelope import Batch, BatchAnswer

SKEW_S = 60
_SIGNATURE_PROBLEMS = {
    "missing": ErrorCode.SIGNATURE_MISSING,
    "invalid": ErrorCode.SIGNATURE_INVALID,
    "expired": ErrorCode.SIGNATURE_EXPIRED,
}


def receive(*, method: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
    """Take a signed batch and answer it, signed. `headers` by lower-case name.

    Raises:
        Problem: signature_missing, signature_invalid, signature_expired, signature_replayed,
            unsupported_media_type, malformed_request; nothing was handled then.
    """
    verified = _verify(method, path, headers, body)
    if body:
        require_json_headers(
            content_type=headers.get("content-type", ""),
            content_encoding=headers.get("content-encoding", "identity"),
        )
    sender, _, key_id = verified.keyid.partition("#")
    try:
        batch = Batch.from_bytes(body)
    except ProtocolError as error:
        raise Problem(ErrorCode.MALFORMED_REQUEST, str(error)) from error
    _use_nonce(verified)
    answer = BatchAnswer(
        batch_id=batch.batch_id,
        statuses=handle_batch(batch.messages, Signer(sender, key_id)),
    )
    content = answer.to_bytes()
    signed = sign_response(
        status=200,
        body=content,
        key=own_key(),
        keyid=own_keyid(),
        created=int(now().timestamp()),
        request_signature=headers["signature"],
    )
    return HttpAnswer(200, {"content-type": "application/json", **signed}, content)


def _verify(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Verified:
    """The authority is our own, whatever Host says: a request for another cannot be replayed."""
    try:
        return verify_request(
            method=method,
            path=path,
            authority=urlsplit(settings.PUBLIC_BASE_URL).netloc,
            headers=headers,
            body=body,
            resolve_key=_active_key,
            required=INTERBANK_COMPONENTS,
            nonce_required=True,
            now=int(now().timestamp()),
        )
    except SignatureError as error:
        raise Problem(_SIGNATURE_PROBLEMS[error.kind], str(error)) from error


def _active_key(keyid: str) -> Ed25519PublicKey | None:
    code, _, key_id = keyid.partition("#")
    sender = peer(code)
    return sender.keys.get(key_id) if sender is not None else None


def _use_nonce(verified: Verified) -> None:
    expires_at = datetime.fromtimestamp(verified.created + SIGNATURE_WINDOW_S + 2 * SKEW_S, UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_nonce (keyid, nonce, expires_at) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [verified.keyid, verified.nonce or "", expires_at],
        )
        if cursor.rowcount != 1:
            raise Problem(ErrorCode.SIGNATURE_REPLAYED)
