"""One signed batch to a peer, and its signed answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cbdc.clock import now
from cbdc.crypto.http_signatures import (
    INTERBANK_COMPONENTS,
    SIGNATURE_WINDOW_S,
    SignatureError,
    sign_request,
    verify_response,
)
from cbdc.identifiers import new_id
from cbdc.messaging.identity import own_key, own_keyid
from cbdc.messaging.outbox import Due
from cbdc.messaging.selectors import PeerInfo
from cbdc.protocol.codecs import ProtocolError
from cbdc.protocol.envelope import BatchAnswer, encode_batch

PATH = "/interbank/v1/messages"
HTTP_TIMEOUT_S = (2.0, 10.0)  # connect, read
CONNECTIONS_MAX = 32
# The peer has read the batch and will not have it, however often it comes.
REFUSALS = frozenset({400, 413, 415, 422})


class DeliveryError(Exception):
    """The peer did not take the batch; every message of it stays due.

    `answered`: it was the peer itself that answered, and failed at this batch. `refused`: it
    will not have this batch, but may have a part of it.
    """

    def __init__(self, reason: str, *, answered: bool = False, refused: bool = False) -> None:
        super().__init__(reason)
        self.answered = answered
        self.refused = refused


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Transport = Callable[[str, Mapping[str, str], bytes], HttpAnswer]


# A pool of kept connections, without what a browser's client would do: cookies, proxies, redirects.
_pool = urllib3.PoolManager(
    maxsize=CONNECTIONS_MAX,
    timeout=urllib3.Timeout(connect=HTTP_TIMEOUT_S[0], read=HTTP_TIMEOUT_S[1]),
    retries=False,
)


def _over_http(url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
    """POST, following no redirect.

    Raises:
        DeliveryError: no answer.
    """
    try:
        answer = _pool.request("POST", url, body=body, headers=headers, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        raise DeliveryError(type(error).__name__) from error
    lower = {name.lower(): value for name, value in answer.headers.items()}
    return HttpAnswer(answer.status, lower, answer.data)


_transport: Transport = _over_http


def set_transport(transport: Transport | None) -> None:
    """Send through `transport(url, headers, body)` instead of HTTP; None restores HTTP."""
    global _transport
    _transport = transport or _over_http


def may_overlap() -> bool:
    """Whether several batches may be under way at once: an injected transport takes turns."""
    return _transport is _over_http


def exchange(recipient: PeerInfo, rows: Sequence[Due]) -> BatchAnswer:
    """Send one signed batch and check that its answer is signed, and answers it.

    Touches no database, so that it may run in a thread of its own.

    Raises:
        DeliveryError: refused, unreachable, or an answer that proves nothing.
    """
    batch_id = new_id()
    body = encode_batch(batch_id, [(row.id, row.kind, row.created_at, row.body) for row in rows])
    created = int(now().timestamp())
    headers = {"content-type": "application/json"}
    headers |= sign_request(
        method="POST",
        path=PATH,
        authority=urlsplit(recipient.base_url).netloc,
        headers=headers,
        body=body,
        key=own_key(),
        keyid=own_keyid(),
        components=INTERBANK_COMPONENTS,
        created=created,
        expires=created + SIGNATURE_WINDOW_S,
        nonce=str(batch_id),
    )
    answer = _transport(recipient.base_url + PATH, headers, body)
    if answer.status != 200:
        raise DeliveryError(
            f"HTTP {answer.status}: {answer.body[:200]!r}",
            answered=True,
            refused=answer.status in REFUSALS,
        )
    try:
        verify_response(
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            resolve_key=lambda keyid: _key_of(recipient, keyid),
            request_signature=_header(headers, "signature"),
            now=int(now().timestamp()),
        )
        statuses = BatchAnswer.from_bytes(answer.body)
    except (SignatureError, ProtocolError) as error:
        raise DeliveryError(f"the answer proves nothing: {error}") from error
    if statuses.batch_id != batch_id:
        raise DeliveryError("the answer is to another batch")
    return statuses


def _key_of(recipient: PeerInfo, keyid: str) -> Ed25519PublicKey | None:
    code, _, key_id = keyid.partition("#")
    return recipient.keys.get(key_id) if code == recipient.code else None


def _header(headers: Mapping[str, str], name: str) -> str:
    return next(value for key, value in headers.items() if key.lower() == name)
