"""Signed requests: RFC 9421 headers and the digest, `cbdc.crypto.http_signatures`.

Lines of latin-1, as a server hands headers over: Signature-Input, Signature, Content-Digest,
Idempotency-Key, path; the rest is the body.
"""

from cbdc.crypto.content_digest import content_digest, digest_matches
from cbdc.crypto.http_signatures import (
    HOLDER_COMPONENTS,
    SignatureError,
    sign_request,
    verify_request,
)
from cbdc.crypto.signature_input import parameters, parse
from tests.crypto import vectors

KEY = vectors.private_key(vectors.load("token")["issuer_seed"])
KEYID = "0190f3a1-7c00-7000-8000-000000000001"
NOW = 1_800_000_000
NAMES = ("signature-input", "signature", "content-digest", "idempotency-key")
PATH, BODY = "/api/v1/payments", b'{"amount":125}'


def run(data: bytes) -> bool:
    *lines, path, body = (data.split(b"\n", 5) + [b""] * 6)[:6]
    texts = (line.decode("latin-1") for line in lines)
    headers = {name: text for name, text in zip(NAMES, texts, strict=True) if text}
    digest = headers.get("content-digest", "")
    assert digest_matches(digest, body) == (digest.strip() == content_digest(body))
    _parse(headers)
    try:
        verified = verify_request(
            method="POST",
            path=path.decode("latin-1"),
            authority="harbor.test",
            headers=headers,
            body=body,
            resolve_key={KEYID: KEY.public_key()}.get,
            required=HOLDER_COMPONENTS,
            nonce_required=False,
            now=NOW,
        )
    except SignatureError:
        return False
    assert (path, body) == (PATH.encode(), BODY), "a forged request"
    assert verified.keyid == KEYID
    return True


def _parse(headers: dict[str, str]) -> None:
    """What the two headers say is the same when it is written in our own spelling."""
    try:
        read = parse(headers)
    except SignatureError:
        return
    said = parameters(
        created=read.created, expires=read.expires, keyid=read.keyid, nonce=read.nonce
    )
    again = parse({**headers, "signature-input": f"sig1=({' '.join(read.components)}){said}"})
    assert (read.components, read.keyid, read.nonce) == (again.components, again.keyid, again.nonce)
    assert (read.created, read.expires, read.signature) == (
        again.created,
        again.expires,
        again.signature,
    )


def seeds() -> dict[str, bytes]:
    made = {}
    for name, nonce in (("holder", None), ("nonce", "n-0123456789")):
        sent = {"idempotency-key": "k-1"}
        signed = sign_request(
            method="POST",
            path=PATH,
            authority="harbor.test",
            headers=sent,
            body=BODY,
            key=KEY,
            keyid=KEYID,
            components=HOLDER_COMPONENTS,
            created=NOW,
            expires=NOW + 60,
            nonce=nonce,
        )
        lower = {header.lower(): value for header, value in {**sent, **signed}.items()}
        lines = [lower[header].encode() for header in NAMES]
        made[name] = b"\n".join([*lines, PATH.encode(), BODY])
    return made
