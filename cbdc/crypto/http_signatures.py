"""HTTP Message Signatures (RFC 9421) in the one profile of API.md: `sig1`, Ed25519, short-lived."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cbdc.crypto.content_digest import content_digest, digest_matches
from cbdc.crypto.signature_input import (
    SignatureError,
    SignatureInput,
    parameters,
    parse,
    signature_item,
)

__all__ = [
    "HOLDER_COMPONENTS",
    "INTERBANK_COMPONENTS",
    "KNOWN_COMPONENTS",
    "RESPONSE_COMPONENTS",
    "SESSION_COMPONENTS",
    "SIGNATURE_WINDOW_S",
    "SKEW_S",
    "KeyResolver",
    "SignatureError",
    "Verified",
    "request_base",
    "sign_request",
    "sign_response",
    "verify_request",
    "verify_response",
]

HOLDER_COMPONENTS = ("@method", "@path", "content-digest", "idempotency-key")
SESSION_COMPONENTS = ("@method", "@path", "content-digest")
INTERBANK_COMPONENTS = ("@method", "@authority", "@path", "content-digest")
RESPONSE_COMPONENTS = ('"@status"', '"content-digest"', '"signature";req;key="sig1"')
# A caller may cover more than it must, of these: all of them are there to be checked.
KNOWN_COMPONENTS = frozenset(
    {
        *("@method", "@authority", "@path", "authorization", "content-digest", "content-length"),
        *("content-type", "date", "idempotency-key", "prefer"),
    }
)
SIGNATURE_WINDOW_S = 300
SKEW_S = 60

KeyResolver = Callable[[str], Ed25519PublicKey | None]

_HEADER_VALUE = re.compile(r"[\t -~]*", re.ASCII)
_PATH_OR_AUTHORITY = re.compile(r"[!-~]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a good signature says, with its base and bytes as evidence."""

    keyid: str
    nonce: str | None
    created: int
    expires: int
    signature_base: str
    signature: bytes


def sign_request(
    *,
    method: str,
    path: str,
    authority: str,
    headers: Mapping[str, str],
    body: bytes,
    key: Ed25519PrivateKey,
    keyid: str,
    components: tuple[str, ...],
    created: int,
    expires: int,
    nonce: str | None = None,
) -> dict[str, str]:
    """The headers to add: `Content-Digest`, `Signature-Input`, `Signature`. Times in unix s.

    Raises:
        SignatureError: invalid: a component that is unknown or not there.
        ValueError: a keyid or nonce that would not be read again.
    """
    digest = content_digest(body)
    known = {name.lower(): value for name, value in headers.items()} | {"content-digest": digest}
    _check_components(components, required=())
    params = parameters(created=created, expires=expires, keyid=keyid, nonce=nonce)
    raw = "(" + " ".join(f'"{name}"' for name in components) + ")" + params
    base = request_base(
        components=components,
        raw=raw,
        method=method,
        path=path,
        authority=authority,
        headers=known,
    )
    return _signed(key, digest, raw, base)


def verify_request(
    *,
    method: str,
    path: str,
    authority: str,
    headers: Mapping[str, str],
    body: bytes,
    resolve_key: KeyResolver,
    required: tuple[str, ...],
    nonce_required: bool,
    now: int,
) -> Verified:
    """Check a request's signature and digest. `headers` by lower-case name, `now` in unix s.

    Raises:
        SignatureError: missing, invalid or expired.
    """
    parsed = parse(headers)
    components = tuple(_bare_name(component) for component in parsed.components)
    _check_components(components, required)
    if nonce_required and parsed.nonce is None:
        raise SignatureError("invalid", "no nonce")
    _check_digest(headers, body)
    base = request_base(
        components=components,
        raw=parsed.raw,
        method=method,
        path=path,
        authority=authority,
        headers=headers,
    )
    return _checked(parsed, base, resolve_key, now)


def sign_response(
    *,
    status: int,
    body: bytes,
    key: Ed25519PrivateKey,
    keyid: str,
    created: int,
    request_signature: str,
) -> dict[str, str]:
    """The headers that sign an answer and bind it to its request's `Signature` header.

    Raises:
        SignatureError: invalid: the request's header is not one of this profile.
    """
    digest = content_digest(body)
    raw = f"({' '.join(RESPONSE_COMPONENTS)})" + parameters(
        created=created, expires=created + SIGNATURE_WINDOW_S, keyid=keyid, nonce=None
    )
    return _signed(key, digest, raw, _response_base(raw, status, digest, request_signature))


def verify_response(
    *,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    resolve_key: KeyResolver,
    request_signature: str,
    now: int,
) -> Verified:
    """Check that an answer is signed and belongs to the request that had `request_signature`.

    Raises:
        SignatureError: missing, invalid or expired.
    """
    parsed = parse(headers)
    if parsed.components != RESPONSE_COMPONENTS:
        raise SignatureError("invalid", "an answer covers its status, digest and request")
    _check_digest(headers, body)
    base = _response_base(parsed.raw, status, headers["content-digest"], request_signature)
    return _checked(parsed, base, resolve_key, now)


def request_base(
    *,
    components: tuple[str, ...],
    raw: str,
    method: str,
    path: str,
    authority: str,
    headers: Mapping[str, str],
) -> str:
    """The signature base (RFC 9421 section 2.5); `raw` is the input without its label.

    Raises:
        SignatureError: invalid: a covered component is not there, or could forge a line.
    """
    if not (_PATH_OR_AUTHORITY.fullmatch(path) and _PATH_OR_AUTHORITY.fullmatch(authority)):
        raise SignatureError("invalid", "the path or authority is not plain ASCII")
    derived = {"@method": method.upper(), "@path": path, "@authority": authority.lower()}
    lines = []
    for name in components:
        value = derived.get(name) if name.startswith("@") else headers.get(name)
        if value is None or not _HEADER_VALUE.fullmatch(value):
            raise SignatureError("invalid", f"covered, but not there or not plain: {name}")
        lines.append(f'"{name}": {value.strip()}')
    return "\n".join([*lines, f'"@signature-params": {raw}'])


def _response_base(raw: str, status: int, digest: str, request_signature: str) -> str:
    values = (str(status), digest.strip(), signature_item(request_signature))
    lines = [f"{name}: {value}" for name, value in zip(RESPONSE_COMPONENTS, values, strict=True)]
    return "\n".join([*lines, f'"@signature-params": {raw}'])


def _bare_name(component: str) -> str:
    """`@path` of `"@path"`. A component with parameters (`;sf`, `;req`) has no use in a request."""
    if len(component) < 3 or component[0] != '"' or component[-1] != '"':
        raise SignatureError("invalid", "a malformed component")
    return component[1:-1]


def _check_components(components: tuple[str, ...], required: tuple[str, ...]) -> None:
    if len(set(components)) != len(components):
        raise SignatureError("invalid", "a component is covered twice")
    if not KNOWN_COMPONENTS.issuperset(components):
        raise SignatureError("invalid", "an unknown component")
    if missing := [name for name in required if name not in components]:
        raise SignatureError("invalid", f"not covered: {', '.join(missing)}")


def _check_digest(headers: Mapping[str, str], body: bytes) -> None:
    if not digest_matches(headers.get("content-digest", ""), body):
        raise SignatureError("invalid", "Content-Digest does not match the body")


def _checked(parsed: SignatureInput, base: str, resolve_key: KeyResolver, now: int) -> Verified:
    """The signature first: a forged one never learns whether its time was right."""
    public = resolve_key(parsed.keyid)
    if public is None:
        raise SignatureError("invalid", "the key is not known")
    try:
        public.verify(parsed.signature, base.encode())
    except InvalidSignature as error:
        raise SignatureError("invalid", "the signature does not verify") from error
    created, expires = parsed.created, parsed.expires
    if not 1 <= expires - created <= SIGNATURE_WINDOW_S:
        raise SignatureError(
            "invalid", f"expires must be 1 to {SIGNATURE_WINDOW_S} s after created"
        )
    if not created - SKEW_S <= now <= expires + SKEW_S:
        raise SignatureError("expired", "outside its window")
    return Verified(parsed.keyid, parsed.nonce, created, expires, base, parsed.signature)


def _signed(key: Ed25519PrivateKey, digest: str, raw: str, base: str) -> dict[str, str]:
    value = base64.b64encode(key.sign(base.encode())).decode()
    return {
        "Content-Digest": digest,
        "Signature-Input": f"sig1={raw}",
        "Signature": f"sig1=:{value}:",
    }
