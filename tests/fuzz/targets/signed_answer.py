"""Signed answers of a peer: `verify_response` of `cbdc.crypto.http_signatures`.

Lines of latin-1: Signature-Input, Signature, Content-Digest, the request's Signature; the rest
is the body.
"""

from cbdc.crypto.http_signatures import SignatureError, sign_response, verify_response
from tests.fuzz.targets.signed_request import KEY, NOW

KEYID = "central-bank#k1"
NAMES = ("signature-input", "signature", "content-digest")
REQUEST = f"sig1=:{'A' * 85}A==:"
BODY = b'{"batch_id":"x"}'


def run(data: bytes) -> bool:
    *lines, request, body = (data.split(b"\n", 4) + [b""] * 5)[:5]
    texts = (line.decode("latin-1") for line in lines)
    headers = {name: text for name, text in zip(NAMES, texts, strict=True) if text}
    try:
        verify_response(
            status=200,
            headers=headers,
            body=body,
            resolve_key={KEYID: KEY.public_key()}.get,
            request_signature=request.decode("latin-1"),
            now=NOW,
        )
    except SignatureError:
        return False
    assert (request.decode("latin-1").strip(), body) == (REQUEST, BODY), "a forged answer"
    return True


def seeds() -> dict[str, bytes]:
    signed = sign_response(
        status=200, body=BODY, key=KEY, keyid=KEYID, created=NOW, request_signature=REQUEST
    )
    lower = {header.lower(): value for header, value in signed.items()}
    lines = [lower[header].encode() for header in NAMES]
    return {"answer": b"\n".join([*lines, REQUEST.encode(), BODY])}
