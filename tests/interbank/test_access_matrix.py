"""The door between institutions × everyone who must not pass it: refused by code, no trace."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cbdc.approvals import four_eyes
from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.crypto.http_signatures import HOLDER_COMPONENTS, INTERBANK_COMPONENTS
from cbdc.institution import CENTRAL_BANK_CODE, Role
from cbdc.messaging.handlers import handler_of
from cbdc.messaging.models import Nonce, PeerKey
from cbdc.protocol.codecs import KINDS
from cbdc.protocol.messages import Pacs028
from tests.books import fingerprint
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.interbank import door
from tests.protocol import samples
from tests.support import acting_as

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
INSTITUTIONS = [CENTRAL_BANK_CODE, "harbor"]
BODY = door.batch(Pacs028(samples.ID)).to_bytes()
STRANGER = keys.generate()
ROLES = {CENTRAL_BANK_CODE: Role.CENTRAL_BANK, "harbor": Role.COMMERCIAL_BANK}
SAMPLES = {message.kind: message for message in samples.MESSAGES}

Proof = Callable[[str], dict[str, str]]
FAR_S = 3_600


def without(name: str) -> Proof:
    return lambda to: {n: v for n, v in door.headers(to, BODY).items() if n != name}


def uncovered(name: str) -> Proof:
    left = tuple(component for component in INTERBANK_COMPONENTS if component != name)
    return lambda to: door.headers(to, BODY, components=left)


def at(created: int) -> Proof:
    return lambda to: door.headers(to, BODY, created=int(time.time()) + created)


CALLERS: dict[str, tuple[Proof, str]] = {
    "nobody": (lambda to: {}, "signature_missing"),
    "somebody with a bearer token": (
        lambda to: {"Authorization": "Bearer at_AAAA.BBBB"},
        "signature_missing",
    ),
    "a signature without its input": (without("Signature-Input"), "signature_missing"),
    "an input without its signature": (without("Signature"), "signature_missing"),
    "a body without its digest": (without("Content-Digest"), "signature_invalid"),
    "the digest of another body": (lambda to: door.headers(to, BODY + b" "), "signature_invalid"),
    "a stranger with a key of their own": (
        lambda to: door.headers(to, BODY, key=STRANGER),
        "signature_invalid",
    ),
    "a stranger who names another's key": (
        lambda to: door.headers(
            to,
            BODY,
            key=STRANGER,
            keyid=f"{door.CALLER_OF[to]}#"
            f"{keys.key_id(door.key_of(door.CALLER_OF[to]).public_key())}",
        ),
        "signature_invalid",
    ),
    "an institution that there is not": (
        lambda to: door.headers(to, BODY, key=STRANGER, keyid="phantom#k1"),
        "signature_invalid",
    ),
    "the institution itself": (lambda to: door.headers(to, BODY, sender=to), "signature_invalid"),
    "another's key under the right name": (
        lambda to: door.headers(
            to, BODY, key=door.key_of("lotus"), keyid=f"{door.CALLER_OF[to]}#k1"
        ),
        "signature_invalid",
    ),
    "a request for another institution": (
        lambda to: door.headers(to, BODY, authority="jade.test"),
        "signature_invalid",
    ),
    "a request for another path": (
        lambda to: door.headers(to, BODY, path="/interbank/v2/messages"),
        "signature_invalid",
    ),
    "a request of another method": (
        lambda to: door.headers(to, BODY, method="PUT"),
        "signature_invalid",
    ),
    "a method that is not signed": (uncovered("@method"), "signature_invalid"),
    "an authority that is not signed": (uncovered("@authority"), "signature_invalid"),
    "a path that is not signed": (uncovered("@path"), "signature_invalid"),
    "a digest that is not signed": (uncovered("content-digest"), "signature_invalid"),
    "a signature without a nonce": (
        lambda to: door.headers(to, BODY, nonce=None),
        "signature_invalid",
    ),
    "a signature of yesterday": (at(-FAR_S), "signature_expired"),
    "a signature of tomorrow": (at(FAR_S), "signature_expired"),
}


def code_of(answer: Any) -> str:
    assert answer["Content-Type"].startswith("application/problem+json"), answer.content
    problem = answer.json()
    assert problem["status"] == answer.status_code == 401, problem
    return str(problem["code"])


def test_nobody_passes_without_the_right_proof(network: Network) -> None:
    for to in INSTITUTIONS:
        before, nonces = fingerprint(to), nonces_at(to)
        wrong = [
            f"{to}, {who}: {said}"
            for who, (proof, code) in CALLERS.items()
            if (said := code_of(door.post(to, BODY, proof(to)))) != code
        ]
        assert not wrong, "\n".join(wrong)
        assert fingerprint(to) == before
        assert nonces_at(to) == nonces


def nonces_at(code: str) -> int:
    with acting_as(code):
        return Nonce.objects.count()


def test_right_proof_passes_once(network: Network) -> None:
    for to in INSTITUTIONS:
        proof = door.headers(to, BODY)
        assert door.post(to, BODY, proof).status_code == 200
        assert code_of(door.post(to, BODY, proof)) == "signature_replayed"


def test_bank_hears_no_other_bank(network: Network) -> None:
    before = fingerprint("harbor")
    said = door.post("harbor", BODY, door.headers("harbor", BODY, sender="lotus"))
    assert code_of(said) == "signature_invalid"
    assert fingerprint("harbor") == before


def test_holder_and_staff_are_no_institutions(alice: Holder) -> None:
    for to in INSTITUTIONS:
        with acting_as(to):
            client = Client()
            client.force_login(User.objects.create_superuser("boss", password="not a secret"))
        before = fingerprint(to)
        signed = dict(alice.headers(door.PATH, BODY, components=HOLDER_COMPONENTS))
        assert code_of(door.post(to, BODY, signed)) == "signature_invalid"
        with acting_as(to):
            answer = client.generic("POST", door.PATH, BODY, door.JSON)
        assert code_of(answer) == "signature_missing"
        assert fingerprint(to) == before


def test_key_that_was_retired_opens_nothing(network: Network) -> None:
    with acting_as(CENTRAL_BANK_CODE):
        PeerKey.objects.filter(peer_id="harbor").update(valid_to=now())
    before = fingerprint(CENTRAL_BANK_CODE)
    said = door.post(CENTRAL_BANK_CODE, BODY, door.headers(CENTRAL_BANK_CODE, BODY))
    assert code_of(said) == "signature_invalid"
    assert fingerprint(CENTRAL_BANK_CODE) == before


def test_auditor_reads_tokens_and_sends_no_messages(network: Network) -> None:
    key = keys.generate()
    with acting_as(CENTRAL_BANK_CODE):
        request = four_eyes.propose(
            kind="admit_auditor",
            subject="court-of-audit",
            payload={"public_key": keys.raw_b64url(key.public_key())},
            maker=User.objects.get(username="maker"),
        )
        four_eyes.approve(request_id=request.id, checker=User.objects.get(username="checker"))
    before = fingerprint(CENTRAL_BANK_CODE)
    proof = door.headers(CENTRAL_BANK_CODE, BODY, sender="court-of-audit", key=key)
    assert code_of(door.post(CENTRAL_BANK_CODE, BODY, proof)) == "signature_invalid"
    assert fingerprint(CENTRAL_BANK_CODE) == before


def test_message_that_is_not_the_senders_to_send_is_refused(network: Network) -> None:
    """A bank settles no cycle and publishes no limits; the central bank asks for no tokens."""
    for to in INSTITUTIONS:
        kinds = sorted(kind for kind in KINDS if handler_of(ROLES[to], kind) is None)
        assert len(kinds) >= 7
        before = fingerprint(to)
        said = door.statuses(to, door.batch(*(SAMPLES[kind] for kind in kinds)).to_bytes())
        assert {(one.status, one.code) for one in said} == {("rejected", "validation_failed")}
        assert fingerprint(to) == before
