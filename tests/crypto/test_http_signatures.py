"""RFC 9421 in the profile of API.md: what is accepted, and everything that is not."""

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cbdc.crypto import http_signatures as signatures
from cbdc.crypto import keys
from cbdc.crypto.content_digest import content_digest
from cbdc.crypto.http_signatures import SignatureError, Verified
from tests.crypto import vectors

KEY, OTHER_KEY = keys.generate(), keys.generate()
CREATED = 1_800_000_000
BODY = b'{"amount":1250}'
REQUEST = {"method": "POST", "path": "/interbank/v1/messages", "authority": "bank.test:8001"}
Headers = dict[str, str]


def resolve(keyid: str) -> Ed25519PublicKey | None:
    return KEY.public_key() if keyid == "harbor#k1" else None


def sign(
    *,
    components: tuple[str, ...] = signatures.INTERBANK_COMPONENTS,
    expires: int = CREATED + 300,
    keyid: str = "harbor#k1",
    nonce: str | None = "n-1",
    headers: Headers | None = None,
    key: Ed25519PrivateKey = KEY,
) -> Headers:
    """The lower-case headers of a signed request."""
    own = headers or {}
    added = signatures.sign_request(
        **REQUEST,
        headers=own,
        body=BODY,
        key=key,
        keyid=keyid,
        components=components,
        created=CREATED,
        expires=expires,
        nonce=nonce,
    )
    return {name.lower(): value for name, value in (own | added).items()}


def verify(
    headers: Headers,
    *,
    now: int = CREATED,
    body: bytes = BODY,
    required: tuple[str, ...] = signatures.INTERBANK_COMPONENTS,
    nonce_required: bool = True,
    target: dict[str, str] = REQUEST,
) -> Verified:
    return signatures.verify_request(
        **target,
        headers=headers,
        body=body,
        resolve_key=resolve,
        required=required,
        nonce_required=nonce_required,
        now=now,
    )


def forge(old: str, new: str, **options: str | None) -> Headers:
    """A request whose input was rewritten and then signed by the right key."""
    headers = sign(**options)  # type: ignore[arg-type]
    assert old in headers["signature-input"]
    written = headers["signature-input"].replace(old, new)
    base = signatures.request_base(
        components=signatures.INTERBANK_COMPONENTS,
        raw=written.removeprefix("sig1="),
        headers=headers,
        **REQUEST,
    )
    value = base64.b64encode(KEY.sign(base.encode())).decode()
    return headers | {"signature-input": written, "signature": f"sig1=:{value}:"}


def refused(kind: str, action: Callable[[], object]) -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        action()
    assert caught.value.kind == kind, str(caught.value)
    return caught.value


def test_vector_b26_of_rfc_9421() -> None:
    vector = vectors.load("rfc9421_b26")
    base = signatures.request_base(
        components=tuple(vector["components"]),
        raw=vector["input"],
        method=vector["method"],
        path=vector["path"],
        authority=vector["authority"],
        headers=vector["headers"],
    )
    assert base == vector["base"]
    signature = base64.b64decode(vector["signature"])
    assert vectors.private_key(vector["private_seed"]).sign(base.encode()) == signature
    keys.public_from_raw(vector["public"]).verify(signature, base.encode())


def test_signed_request_is_verified_with_its_evidence() -> None:
    verified = verify(sign())
    assert (verified.keyid, verified.nonce) == ("harbor#k1", "n-1")
    assert (verified.created, verified.expires) == (CREATED, CREATED + 300)
    assert verified.signature_base.startswith('"@method": POST\n"@authority": bank.test:8001\n')
    KEY.public_key().verify(verified.signature, verified.signature_base.encode())


def test_rewritten_input_signed_again_is_verified() -> None:
    """`forge` with an innocent change passes, so its refusals below are for their reason."""
    verify(forge(f"created={CREATED}", f"created={CREATED + 1}"))


@pytest.mark.parametrize("name", ["signature", "signature-input"])
def test_missing_signature(name: str) -> None:
    headers = sign()
    del headers[name]
    refused("missing", lambda: verify(headers))


@pytest.mark.parametrize(
    ("field", "value"),
    [("method", "PUT"), ("path", "/interbank/v1/other"), ("authority", "other.test")],
)
def test_request_for_another_target_is_refused(field: str, value: str) -> None:
    refused("invalid", lambda: verify(sign(), target=REQUEST | {field: value}))


def test_another_body_is_refused() -> None:
    refused("invalid", lambda: verify(sign(), body=BODY + b" "))


def test_another_body_with_its_own_digest_is_refused() -> None:
    headers = sign() | {"content-digest": content_digest(b"{}")}
    refused("invalid", lambda: verify(headers, body=b"{}"))


def test_missing_digest_is_refused() -> None:
    headers = sign()
    del headers["content-digest"]
    refused("invalid", lambda: verify(headers))


def test_signature_of_another_key_is_refused() -> None:
    refused("invalid", lambda: verify(sign(key=OTHER_KEY)))


def test_unknown_key_is_refused() -> None:
    refused("invalid", lambda: verify(sign(keyid="harbor#k2")))


@pytest.mark.parametrize("left_out", signatures.INTERBANK_COMPONENTS)
def test_each_required_component_must_be_covered(left_out: str) -> None:
    covered = tuple(name for name in signatures.INTERBANK_COMPONENTS if name != left_out)
    error = refused("invalid", lambda: verify(sign(components=covered)))
    assert left_out in str(error)


def test_holder_must_cover_the_idempotency_key() -> None:
    own = {"idempotency-key": "k-1"}
    headers = sign(components=signatures.HOLDER_COMPONENTS, headers=own, nonce=None)
    required = signatures.HOLDER_COMPONENTS
    verify(headers, required=required, nonce_required=False)
    headers["idempotency-key"] = "k-2"
    refused("invalid", lambda: verify(headers, required=required, nonce_required=False))
    without = sign(components=signatures.SESSION_COMPONENTS, headers=own)
    refused("invalid", lambda: verify(without, required=required, nonce_required=False))


def test_more_components_of_the_known_list_may_be_covered() -> None:
    own = {"content-type": "application/json", "prefer": "wait=5"}
    covered = (*signatures.INTERBANK_COMPONENTS, "content-type", "prefer")
    headers = sign(components=covered, headers=own)
    verify(headers)
    refused("invalid", lambda: verify(headers | {"prefer": "wait=9"}))


@pytest.mark.parametrize("name", ["@query", "@target-uri", "x-forwarded-for", "@signature-params"])
def test_unknown_component_is_refused(name: str) -> None:
    headers = forge('"content-digest")', f'"content-digest" "{name}")') | {name: "x"}
    error = refused("invalid", lambda: verify(headers))
    assert str(error) == "an unknown component"


def test_covered_component_that_is_not_there_is_refused() -> None:
    headers = sign(
        components=(*signatures.INTERBANK_COMPONENTS, "prefer"), headers={"prefer": "wait=1"}
    )
    del headers["prefer"]
    refused("invalid", lambda: verify(headers))


def test_component_covered_twice_is_refused() -> None:
    headers = forge('"content-digest")', '"content-digest" "@path")')
    assert str(refused("invalid", lambda: verify(headers))) == "a component is covered twice"


@pytest.mark.parametrize("value", ["a\nb", "a\x00b", "é"])
def test_value_that_could_forge_a_line_is_refused(value: str) -> None:
    covered = (*signatures.INTERBANK_COMPONENTS, "prefer")
    headers = sign(components=covered, headers={"prefer": "x"}) | {"prefer": value}
    assert "not plain" in str(refused("invalid", lambda: verify(headers)))
    target = REQUEST | {"path": f"/x{value}"}
    assert "not plain" in str(refused("invalid", lambda: verify(sign(), target=target)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('alg="ed25519"', 'alg="hmac-sha256"'),
        ('alg="ed25519"', 'alg="Ed25519"'),
        ('alg="ed25519"', "alg=ed25519"),
        (';alg="ed25519"', ""),
        (f";created={CREATED}", ""),
        (f"created={CREATED}", f'created="{CREATED}"'),
        (f"created={CREATED}", f"created={CREATED}.0"),
        (f"created={CREATED}", f"created=-{CREATED}"),
        (f";expires={CREATED + 300}", ""),
        (f"expires={CREATED + 300}", f'expires="{CREATED + 300}"'),
        (';keyid="harbor#k1"', ""),
        ('keyid="harbor#k1"', 'keyid=""'),
        ('keyid="harbor#k1"', 'keyid="harbor#k1";keyid="harbor#k1"'),
        ('nonce="n-1"', 'nonce="n-1";tag="other"'),
        ('nonce="n-1"', 'nonce=""'),
        ('nonce="n-1"', f'nonce="{"n" * 65}"'),
        ('nonce="n-1"', "nonce=1"),
        (";created", "; created"),
        ('"@method" "@authority"', '"@method"  "@authority"'),
        ('"@method"', '"@method";req'),
        ('"@method"', "@method"),
    ],
)
def test_input_outside_the_profile_is_refused(old: str, new: str) -> None:
    refused("invalid", lambda: verify(forge(old, new)))


@pytest.mark.parametrize("label", ["sig2", "SIG1", "sig", "sig11", "b26"])
@pytest.mark.parametrize(
    "names", [("signature",), ("signature-input",), ("signature", "signature-input")]
)
def test_another_label_is_refused(label: str, names: tuple[str, ...]) -> None:
    """The base does not hold the label, so the signature alone would still verify."""
    headers = sign()
    headers |= {name: headers[name].replace("sig1=", f"{label}=") for name in names}
    refused("invalid", lambda: verify(headers))


@pytest.mark.parametrize(
    "target", [{"path": ""}, {"path": "/a b"}, {"authority": ""}, {"authority": "a b"}]
)
def test_target_is_plain_text_without_spaces(target: dict[str, str]) -> None:
    error = refused("invalid", lambda: verify(sign(), target=REQUEST | target))
    assert str(error) == "the path or authority is not plain ASCII"


def test_second_label_is_refused() -> None:
    headers = sign()
    for name in ("signature", "signature-input"):
        second = headers[name].replace("sig1", "sig2")
        both = headers | {name: f"{headers[name]}, {second}"}
        refused("invalid", lambda both=both: verify(both))  # type: ignore[misc]


@pytest.mark.parametrize(
    "value",
    ["", "sig1=::", "sig1=:AAAA:", f"sig1=:{'A' * 88}:", f"sig2=:{'A' * 86}==:", "sig1=?1"],
)
def test_malformed_signature_is_refused(value: str) -> None:
    refused("invalid", lambda: verify(sign() | {"signature": value}))


def test_second_spelling_of_a_signature_is_refused() -> None:
    headers = sign()
    last = headers["signature"][-4]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(last) + 1]
    headers["signature"] = f"{headers['signature'][:-4]}{other}==:"
    refused("invalid", lambda: verify(headers))


def test_nonce_is_required_where_it_is() -> None:
    headers = sign(nonce=None)
    refused("invalid", lambda: verify(headers))
    assert verify(headers, nonce_required=False).nonce is None


@pytest.mark.parametrize(
    ("now", "expires", "kind"),
    [
        (CREATED - 61, CREATED + 300, "expired"),
        (CREATED - 60, CREATED + 300, None),
        (CREATED, CREATED + 1, None),
        (CREATED + 61, CREATED + 1, None),
        (CREATED + 62, CREATED + 1, "expired"),
        (CREATED + 360, CREATED + 300, None),
        (CREATED + 361, CREATED + 300, "expired"),
        (CREATED, CREATED + 301, "invalid"),
        (CREATED, CREATED, "invalid"),
        (CREATED, CREATED - 1, "invalid"),
    ],
)
def test_window(now: int, expires: int, kind: str | None) -> None:
    headers = sign(expires=expires)
    if kind is None:
        verify(headers, now=now)
    else:
        refused(kind, lambda: verify(headers, now=now))


def test_forged_signature_outside_its_window_is_invalid_not_expired() -> None:
    refused("invalid", lambda: verify(sign(key=OTHER_KEY), now=CREATED + 9_999))


@pytest.mark.parametrize("text", ["", 'a"b', "a;b", "a\nb", "é", "x" * 101])
def test_signer_refuses_a_keyid_that_would_not_be_read(text: str) -> None:
    with pytest.raises(ValueError):
        sign(keyid=text)


def test_signer_refuses_an_unknown_component() -> None:
    refused("invalid", lambda: sign(components=("@method", "x-other")))
