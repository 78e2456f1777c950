"""A signed request in which anything that is signed was changed is never accepted."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from cbdc.crypto import keys
from cbdc.crypto.http_signatures import (
    HOLDER_COMPONENTS,
    INTERBANK_COMPONENTS,
    SIGNATURE_WINDOW_S,
    SignatureError,
    sign_request,
    verify_request,
)
from tests.scale import scaled

MUTATIONS = scaled(ci=4_000, soak=50_000)  # of each kind of request
NOW = 1_800_000_000
KEY, OTHER = keys.generate(), keys.generate()
KEYS = {"harbor#k1": KEY.public_key(), "lotus#k1": OTHER.public_key()}


@dataclass(frozen=True)
class Request:
    """What a server gets, and its clock."""

    method: str
    path: str
    authority: str
    headers: dict[str, str]
    body: bytes
    now: int
    components: tuple[str, ...]
    nonce: str | None

    def accepted(self) -> bool:
        try:
            verify_request(
                method=self.method,
                path=self.path,
                authority=self.authority,
                headers=self.headers,
                body=self.body,
                resolve_key=KEYS.get,
                required=self.components,
                nonce_required=self.nonce is not None,
                now=self.now,
            )
        except SignatureError:
            return False
        return True


def signed(components: tuple[str, ...], nonce: str | None) -> Request:
    body = b'{"amount":125,"payee_wallet":"0012000000000015","payer_wallet":"0011000000000017"}'
    sent = {"idempotency-key": "0190f3a1-7c00-7000-8000-000000000001"}
    headers = sign_request(
        method="POST",
        path="/api/v1/payments",
        authority="harbor.test:8001",
        headers=sent,
        body=body,
        key=KEY,
        keyid="harbor#k1",
        components=components,
        created=NOW,
        expires=NOW + SIGNATURE_WINDOW_S,
        nonce=nonce,
    )
    covered = sent if "idempotency-key" in components else {}
    lower = {name.lower(): value for name, value in {**covered, **headers}.items()}
    return Request(
        "POST", "/api/v1/payments", "harbor.test:8001", lower, body, NOW + 1, components, nonce
    )


KINDS = {
    "of a holder": signed(HOLDER_COMPONENTS, None),
    "of an institution": signed(INTERBANK_COMPONENTS, "n-0123456789abcdef"),
}


def changed(data: bytes, rng: random.Random) -> bytes:
    """One small accident: a bit, a byte more or less, two bytes swapped, a stretch repeated."""
    at = rng.randrange(len(data)) if data else 0
    what = rng.randrange(5)
    if what == 0 or len(data) < 2:
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(7)]) + data[at + 1 :]
    if what == 1:
        return data[:at] + data[at + 1 :]
    if what == 2:
        return data[:at] + bytes([rng.randrange(1, 128)]) + data[at:]
    if what == 3:
        other = rng.randrange(len(data))
        swapped = bytearray(data)
        swapped[at], swapped[other] = swapped[other], swapped[at]
        return bytes(swapped)
    end = rng.randrange(at, len(data)) + 1
    return data[:end] + data[at:end] + data[end:]


def in_text(text: str, rng: random.Random) -> str:
    return changed(text.encode(), rng).decode("latin-1")


def in_a_header(request: Request, rng: random.Random) -> Request:
    name = rng.choice(sorted(request.headers))
    return replace(request, headers={**request.headers, name: in_text(request.headers[name], rng)})


def without_a_header(request: Request, rng: random.Random) -> Request:
    name = rng.choice(sorted(request.headers))
    return replace(request, headers={n: v for n, v in request.headers.items() if n != name})


def under_anothers_name(request: Request, rng: random.Random) -> Request:
    told = request.headers.get("signature-input", "").replace("harbor#k1", "lotus#k1")
    return replace(request, headers={**request.headers, "signature-input": told})


def at_another_time(request: Request, rng: random.Random) -> Request:
    far = rng.randrange(SIGNATURE_WINDOW_S + 61, 10**9)
    return replace(request, now=NOW + far if rng.random() < 0.5 else NOW - far)


ACCIDENTS: list[Callable[[Request, random.Random], Request]] = [
    in_a_header,
    in_a_header,
    in_a_header,
    lambda request, rng: replace(request, body=changed(request.body, rng)),
    lambda request, rng: replace(request, path=in_text(request.path, rng)),
    lambda request, rng: replace(request, method=in_text(request.method, rng)),
    lambda request, rng: replace(request, authority=in_text(request.authority, rng)),
    without_a_header,
    under_anothers_name,
    at_another_time,
]


def means_the_same(one: Request, other: Request) -> bool:
    """Case of a method or authority, space around a header: not signed, and not a change.

    The holder's signature does not cover the authority at all.
    """
    if one.method.upper() != other.method.upper():
        return False
    if "@authority" in one.components and one.authority.lower() != other.authority.lower():
        return False
    stripped = [{n: v.strip() for n, v in r.headers.items()} for r in (one, other)]
    return stripped[0] == stripped[1] and (one.path, one.body, one.now) == (
        other.path,
        other.body,
        other.now,
    )


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_no_mutated_request_is_accepted(kind: str) -> None:
    rng = random.Random(20261125)
    request = KINDS[kind]
    assert request.accepted()
    tried = 0
    while tried < MUTATIONS:
        mutated = rng.choice(ACCIDENTS)(request, rng)
        for _ in range(rng.randrange(2)):
            mutated = rng.choice(ACCIDENTS)(mutated, rng)
        if means_the_same(request, mutated):
            continue
        tried += 1
        assert not mutated.accepted(), mutated
