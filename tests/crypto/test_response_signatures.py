"""An answer is signed, and bound to the request that it answers."""

import pytest

from cbdc.crypto import http_signatures as signatures
from cbdc.crypto import keys
from cbdc.crypto.content_digest import content_digest
from cbdc.crypto.http_signatures import SignatureError, Verified

KEY = keys.generate()
CREATED = 1_800_000_000
REQUEST_SIGNATURE = f"sig1=:{'A' * 86}==:"
OTHER_REQUEST = f"sig1=:{'B' * 85}A==:"
BODY = b'{"statuses":[]}'


def signed() -> dict[str, str]:
    added = signatures.sign_response(
        status=200,
        body=BODY,
        key=KEY,
        keyid="lotus#k1",
        created=CREATED,
        request_signature=REQUEST_SIGNATURE,
    )
    return {name.lower(): value for name, value in added.items()}


def verify(
    headers: dict[str, str],
    *,
    status: int = 200,
    body: bytes = BODY,
    request: str = REQUEST_SIGNATURE,
    now: int = CREATED,
    known: str = "lotus#k1",
) -> Verified:
    return signatures.verify_response(
        status=status,
        headers=headers,
        body=body,
        resolve_key=lambda keyid: KEY.public_key() if keyid == known else None,
        request_signature=request,
        now=now,
    )


def test_answer_is_verified_and_repeats_the_requests_signature() -> None:
    verified = verify(signed())
    assert verified.keyid == "lotus#k1"
    value = REQUEST_SIGNATURE.removeprefix("sig1=")
    lines = verified.signature_base.split("\n")
    assert lines[0] == '"@status": 200'
    assert lines[2] == f'"signature";req;key="sig1": {value}'
    covered = '("@status" "content-digest" "signature";req;key="sig1");created='
    assert lines[3].startswith(f'"@signature-params": {covered}')


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"status": 500}, "invalid"),
        ({"body": b"{}"}, "invalid"),
        ({"request": OTHER_REQUEST}, "invalid"),
        ({"request": "sig1=:short:"}, "invalid"),
        ({"known": "jade#k1"}, "invalid"),
        ({"now": CREATED + 361}, "expired"),
        ({"now": CREATED - 61}, "expired"),
    ],
)
def test_answer_that_does_not_fit_is_refused(changed: dict[str, object], kind: str) -> None:
    with pytest.raises(SignatureError) as caught:
        verify(signed(), **changed)  # type: ignore[arg-type]
    assert caught.value.kind == kind


def test_unsigned_answer_is_missing() -> None:
    with pytest.raises(SignatureError) as caught:
        verify({"content-digest": content_digest(BODY)})
    assert caught.value.kind == "missing"


def test_answer_that_covers_less_is_refused() -> None:
    headers = signed()
    headers["signature-input"] = headers["signature-input"].replace(
        ' "signature";req;key="sig1"', ""
    )
    with pytest.raises(SignatureError, match="covers its status, digest and request"):
        verify(headers)


def test_signed_request_is_no_answer() -> None:
    """A bank that echoes our own request's headers has not answered."""
    request = signatures.sign_request(
        method="POST",
        path="/",
        authority="lotus.test",
        headers={},
        body=BODY,
        key=KEY,
        keyid="lotus#k1",
        components=signatures.SESSION_COMPONENTS,
        created=CREATED,
        expires=CREATED + 300,
    )
    with pytest.raises(SignatureError):
        verify({name.lower(): value for name, value in request.items()})
