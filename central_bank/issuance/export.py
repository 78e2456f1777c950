"""The registry as a file that anyone can check with `python -m cbdc.verify`."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from cbdc.clock import now, rfc3339
from cbdc.crypto.algorithms import ED25519
from cbdc.crypto.canonical import canonical_json
from cbdc.crypto.encoding import b64url
from cbdc.messaging.models import PeerKey
from cbdc.money import CURRENCY
from central_bank.issuance.issuer import issuer_signer
from central_bank.issuance.models import BankAccount, Chain, IssuerKey

VERSION = 1
ROWS_AT_ONCE = 2_000
_TRANSACTIONS = """
SELECT x.sequence, x.transaction_id, x.previous_hash, x.kind, x.request_id, x.occurred_at,
    x.authorisation::text, x.issuer_key_id, x.alg, x.signature,
    ARRAY(SELECT token_id FROM issuance_tokenspend s WHERE s.transaction_id = x.sequence
        ORDER BY token_id),
    (SELECT coalesce(jsonb_agg(jsonb_build_array(value, institution, key_id, lock, issuer_key_id,
        alg, signature) ORDER BY index), '[]')
        FROM issuance_token t WHERE t.transaction_id = x.sequence)::text
FROM issuance_tokentransaction x WHERE x.sequence > %s ORDER BY x.sequence LIMIT %s
"""


def export_lines() -> Iterator[bytes]:
    """Keys, transactions with their tokens, and the signed head: one snapshot of the registry."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        keys = list(_keys())
        yield from keys
        yield from _transactions()
        yield _head(hashlib.sha256(b"".join(key + b"\n" for key in keys)).hexdigest())


def _keys() -> Iterator[bytes]:
    for key in IssuerKey.objects.order_by("valid_from", "key_id"):
        yield _key(None, key.key_id, key.alg, key.public_key)
    for owner in PeerKey.objects.order_by("peer", "valid_from", "key_id"):
        yield _key(owner.peer_id, owner.key_id, ED25519, owner.public_key)


def _key(institution: str | None, key_id: str, alg: str, public_key: str) -> bytes:
    return canonical_json(
        {
            "type": "key",
            "institution": institution,
            "key_id": key_id,
            "alg": alg,
            "public_key": public_key,
        }
    )


def _transactions() -> Iterator[bytes]:
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_TRANSACTIONS, [last, ROWS_AT_ONCE])
            rows = cursor.fetchall()
        if not rows:
            return
        for row in rows:
            yield canonical_json(_transaction(*row))
        last = rows[-1][0]


def _transaction(
    sequence: int,
    transaction_id: str,
    previous: str,
    kind: str,
    request_id: object,
    occurred_at: Any,
    authorisation: str | None,
    issuer_key_id: str,
    alg: str,
    signature: str,
    inputs: list[str],
    outputs: str,
) -> dict[str, Any]:
    moment = rfc3339(occurred_at)
    return {
        "type": "transaction",
        "sequence": sequence,
        "transaction_id": transaction_id,
        "previous": previous,
        "kind": kind,
        "request_id": str(request_id),
        "occurred_at": moment,
        "authorisation": json.loads(authorisation) if authorisation else None,
        "issuer_key_id": issuer_key_id,
        "alg": alg,
        "signature": signature,
        "inputs": inputs,
        "outputs": [
            {
                "alg": token_alg,
                "issuer_key_id": token_key,
                "signature": token_signature,
                "token": {
                    "version": 1,
                    "currency": CURRENCY,
                    "value": value,
                    "institution": institution,
                    "key_id": key_id,
                    "transaction_id": transaction_id,
                    "index": index,
                    "issued_at": moment,
                    "lock": lock,
                    "ext": {},
                },
            }
            for index, (
                value,
                institution,
                key_id,
                lock,
                token_key,
                token_alg,
                token_signature,
            ) in enumerate(json.loads(outputs))
        ],
    }


def _head(keys_hash: str) -> bytes:
    signer, chain = issuer_signer(), Chain.objects.get()
    accounts = list(BankAccount.objects.all())
    issued, redeemed = sum(a.issued for a in accounts), sum(a.redeemed for a in accounts)
    said = {
        "type": "head",
        "version": VERSION,
        "currency": CURRENCY,
        "exported_at": rfc3339(now()),
        "sequence": chain.sequence,
        "transaction_id": chain.transaction_id,
        "issued": issued,
        "redeemed": redeemed,
        "live": sum(a.held for a in accounts),
        "keys_hash": keys_hash,
        "alg": signer.alg,
        "issuer_key_id": signer.key_id,
    }
    content = {name: value for name, value in said.items() if name != "type"}
    return canonical_json({**said, "signature": b64url(signer.sign(canonical_json(content)))})
