"""Checks the chain of the audit log from its rows alone: no code of what writes it (INV-11)."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from cbdc.clock import rfc3339
from cbdc.crypto.canonical import canonical_json

GENESIS = "0" * 64
ROWS_AT_ONCE = 2_000
FINDINGS_MAX = 100

_ROWS = """
SELECT sequence, occurred_at, actor, action, subject, detail::text, previous_hash, entry_hash,
    source
FROM audit_auditentry WHERE sequence >= %s ORDER BY sequence LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the entries read, the last one's hash, and where the chain breaks.

    Whoever keeps the head elsewhere can tell later that no entry after it was cut off.
    """

    entries: int
    head: str
    broken: list[str]


def check_chain() -> Checked:
    """Read every entry; at most FINDINGS_MAX breaks are told."""
    expected, previous, entries = 1, GENESIS, 0
    broken: list[str] = []
    for row in _rows():
        sequence, before, entry_hash = row[0], row[6], row[7]
        whole = sequence == expected and before == previous and _hash(row) == entry_hash
        if not whole and len(broken) < FINDINGS_MAX:
            broken.append(f"entry {sequence}: missing before it, or changed")
        expected, previous, entries = sequence + 1, entry_hash, entries + 1
    return Checked(entries, previous, broken)


def audit_log_is_whole() -> list[str]:
    """What does not hold, in words; an empty list when everything does."""
    return [f"INV-11: {finding}" for finding in check_chain().broken]


def _rows() -> Iterator[tuple[Any, ...]]:
    following = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_ROWS, [following, ROWS_AT_ONCE])
            rows = cursor.fetchall()
            if not rows:
                return
            yield from rows
            following = rows[-1][0] + 1


def _hash(row: tuple[Any, ...]) -> str:
    sequence, occurred_at, actor, action, subject, detail, before, _, source = row
    content = {
        "sequence": sequence,
        "occurred_at": rfc3339(occurred_at),
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": json.loads(detail),
        "previous_hash": before,
        **({"source": source} if source else {}),
    }
    return hashlib.sha256(canonical_json(content)).hexdigest()
