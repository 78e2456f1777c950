"""HTTP Message Signatures (RFC 9421) in the one profile of API.md: `sig1`, Ed25519, short-lived."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cbdc.crypto.content_digest import content_digest, digest_matches

HOLDER_COMPONENTS = ("@method", "@path", "content-digest", "idempotency-key")
SESSION_COMPONENTS = ("@method", "@path", "content-digest")
INTERBANK_COMPONENTS = ("@method", "@authority", "@path", "content-digest")
RESPONSE_COMPONENTS = '("@status" "content-digest" "signature";req)'
SIGNATURE_WINDOW_S = 300
SKEW_S = 60
COMPONENTS_MAX = 20

KeyResolver = Callable[[str], Ed25519PublicKey | None]

_INPUT = re.compile(
    r'sig1=(?P<raw>\((?P<components>"[a-z0-9@_-]+"(?: "[a-z0-9@_-]+")*)\)(?P<params>(?:;[^;]+)+))',
    re.ASCII,
)
_RESPONSE_INPUT = re.compile(
    r"sig1=(?P<raw>(?P<components>" + re.escape(RESPONSE_COMPONENTS) + r")(?P<params>(?:;[^;]+)+))",
    re.ASCII,
)
_PARAMETER = re.compile(
    r'(?P<name>created|expires|keyid|alg|nonce|tag)=(?:(?P<integer>[0-9]{1,15})|"(?P<text>[ !#-\[\]-~]{0,200})")',
    re.ASCII,
)
_SIGNATURE = re.compile(r"sig1=:(?P<value>[A-Za-z0-9+/]{86}==):", re.ASCII)


class SignatureError(Exception):
    """A signature that proves nothing. `kind` is "missing", "invalid" or "expired"."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


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
    """The headers to add: `Content-Digest`, `Signature-Input`, `Signature`. Times in unix s."""
    digest = content_digest(body)
    known = {name.lower(): value for name, value in headers.items()} | {"content-digest": digest}
    params = f';created={created};expires={expires};keyid="{keyid}";alg="ed25519"'
    if nonce is not None:
        params += f';nonce="{nonce}"'
    raw = "(" + " ".join(f'"{name}"' for name in components) + ")" + params
    base = _request_base(components, raw, method, path, authority, known)
    return {
        "Content-Digest": digest,
        "Signature-Input": f"sig1={raw}",
        "Signature": _signature_header(key, base),
    }


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
    """Check a request's signature and digest. `headers` by lower-case name.

    Raises:
        SignatureError: missing, invalid or expired.
    """
    match, params, signature = _parse(headers, _INPUT)
    components = tuple(name.strip('"') for name in match["components"].split(" "))
    if len(set(components)) != len(components) or len(components) > COMPONENTS_MAX:
        raise SignatureError("invalid", "a component is covered twice")
    if missing := [name for name in required if name not in components]:
        raise SignatureError("invalid", f"not covered: {', '.join(missing)}")
    if nonce_required and not params.get("nonce"):
        raise SignatureError("invalid", "no nonce")
    _check_digest(headers, body)
    base = _request_base(components, match["raw"], method, path, authority, headers)
    return _checked(params, signature, base, resolve_key, now)


def sign_response(
    *,
    status: int,
    body: bytes,
    key: Ed25519PrivateKey,
    keyid: str,
    created: int,
    request_signature: str,
) -> dict[str, str]:
    """The headers that sign an answer and bind it to its request's `Signature` header."""
    digest = content_digest(body)
    raw = (
        f"{RESPONSE_COMPONENTS};created={created};expires={created + SIGNATURE_WINDOW_S}"
        f';keyid="{keyid}";alg="ed25519"'
    )
    base = _response_base(raw, status, digest, request_signature)
    return {
        "Content-Digest": digest,
        "Signature-Input": f"sig1={raw}",
        "Signature": _signature_header(key, base),
    }


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
    match, params, signature = _parse(headers, _RESPONSE_INPUT)
    _check_digest(headers, body)
    base = _response_base(match["raw"], status, headers["content-digest"], request_signature)
    return _checked(params, signature, base, resolve_key, now)


def _parse(
    headers: Mapping[str, str], pattern: re.Pattern[str]
) -> tuple[re.Match[str], dict[str, str], bytes]:
    if "signature" not in headers or "signature-input" not in headers:
        raise SignatureError("missing", "Signature and Signature-Input are required")
    match = pattern.fullmatch(headers["signature-input"].strip())
    signature = _SIGNATURE.fullmatch(headers["signature"].strip())
    if match is None or signature is None:
        raise SignatureError("invalid", "not one well-formed signature labelled sig1")
    return match, _parameters(match["params"]), base64.b64decode(signature["value"])


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text[1:].split(";"):
        parameter = _PARAMETER.fullmatch(part)
        if parameter is None or parameter["name"] in found:
            raise SignatureError("invalid", "an unknown, malformed or repeated parameter")
        is_time = parameter["name"] in ("created", "expires")
        if is_time != (parameter["integer"] is not None):
            raise SignatureError("invalid", f"{parameter['name']} has the wrong type")
        found[parameter["name"]] = parameter["integer"] or parameter["text"] or ""
    if not {"created", "expires", "keyid", "alg"} <= found.keys() or found["alg"] != "ed25519":
        raise SignatureError("invalid", 'created, expires, keyid and alg="ed25519" are required')
    return found


def _check_digest(headers: Mapping[str, str], body: bytes) -> None:
    if not digest_matches(headers.get("content-digest", ""), body):
        raise SignatureError("invalid", "Content-Digest does not match the body")


def _checked(
    params: dict[str, str], signature: bytes, base: str, resolve_key: KeyResolver, now: int
) -> Verified:
    """The signature first: a forged one never learns whether its time was right."""
    public = resolve_key(params["keyid"])
    if public is None:
        raise SignatureError("invalid", "the key is not known")
    try:
        public.verify(signature, base.encode())
    except InvalidSignature as error:
        raise SignatureError("invalid", "the signature does not verify") from error
    created, expires = int(params["created"]), int(params["expires"])
    if not 0 < expires - created <= SIGNATURE_WINDOW_S:
        raise SignatureError("invalid", f"expires must be 1 to {SIGNATURE_WINDOW_S} s after created")
    if not created - SKEW_S <= now <= expires + SKEW_S:
        raise SignatureError("expired", "outside its window")
    return Verified(params["keyid"], params.get("nonce"), created, expires, base, signature)


def _request_base(
    components: tuple[str, ...],
    raw: str,
    method: str,
    path: str,
    authority: str,
    headers: Mapping[str, str],
) -> str:
    derived = {"@method": method.upper(), "@path": path, "@authority": authority.lower()}
    lines = []
    for name in components:
        value = derived.get(name) if name.startswith("@") else headers.get(name)
        if value is None:
            raise SignatureError("invalid", f"covered, but not there: {name}")
        lines.append(f'"{name}": {value.strip()}')
    return "\n".join([*lines, f'"@signature-params": {raw}'])


def _response_base(raw: str, status: int, digest: str, request_signature: str) -> str:
    return (
        f'"@status": {status}\n"content-digest": {digest.strip()}\n'
        f'"signature";req: {request_signature.strip()}\n"@signature-params": {raw}'
    )


def _signature_header(key: Ed25519PrivateKey, base: str) -> str:
    return f"sig1=:{base64.b64encode(key.sign(base.encode())).decode()}:"
