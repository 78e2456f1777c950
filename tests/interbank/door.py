"""The door between institutions, from outside: a signed batch by HTTP, or one spoilt on purpose."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client

from cbdc.crypto import keys
from cbdc.crypto.http_signatures import INTERBANK_COMPONENTS, sign_request
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.protocol.codecs import encode
from cbdc.protocol.envelope import Batch, BatchAnswer, Envelope, MessageStatus
from cbdc.protocol.messages import Message
from tests.protocol import samples
from tests.support import acting_as, key_file

PATH = "/interbank/v1/messages"
JSON = "application/json"
LIFE_S = 60
# Who may call whom: a bank the central bank, the central bank a bank.
CALLER_OF = {CENTRAL_BANK_CODE: "harbor", "harbor": CENTRAL_BANK_CODE}


def key_of(code: str) -> Ed25519PrivateKey:
    return keys.load_private_key(key_file(code), settings.KEY_PASSPHRASE)


def headers(
    to: str,
    body: bytes,
    *,
    sender: str = "",
    key: Ed25519PrivateKey | None = None,
    keyid: str = "",
    method: str = "POST",
    path: str = PATH,
    authority: str = "",
    components: tuple[str, ...] = INTERBANK_COMPONENTS,
    created: int | None = None,
    nonce: str | None = "",
) -> dict[str, str]:
    """The proof of a batch for `to`; each argument spoils one thing."""
    code = sender or CALLER_OF[to]
    key = key or key_of(code)
    begins = int(time.time()) if created is None else created
    return sign_request(
        method=method,
        path=path,
        authority=authority or f"{to}.test",
        headers={},
        body=body,
        key=key,
        keyid=keyid or f"{code}#{keys.key_id(key.public_key())}",
        components=components,
        created=begins,
        expires=begins + LIFE_S,
        nonce=str(new_id()) if nonce == "" else nonce,
    )


def post(
    to: str, body: bytes, proof: Mapping[str, str], *, kind: str = JSON, method: str = "POST"
) -> Any:
    """What an institution answers."""
    with acting_as(to):
        return Client().generic(method, PATH, body, kind, headers=dict(proof))


def batch(*messages: Message) -> Batch:
    """A batch of messages, as their sender would make it."""
    envelopes = [Envelope(new_id(), one.kind, samples.AT, encode(one)) for one in messages]
    return Batch(new_id(), tuple(envelopes))


def statuses(to: str, body: bytes, *, sender: str = "") -> Sequence[MessageStatus]:
    """What became of each message of a batch that is signed as it should be."""
    answer = post(to, body, headers(to, body, sender=sender))
    assert answer.status_code == 200, answer.content
    return BatchAnswer.from_bytes(answer.content).statuses
