"""The audit log: append-only, hash-chained, naming who did what (INV-11)."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction

from cbdc.audit.models import AuditEntry
from cbdc.clock import now
from cbdc.crypto.canonical import canonical_json

GENESIS = "0" * 64  # before the first entry
_LOCK = 0x41554449  # "AUDI": advisory, one writer at a time

_source: ContextVar[Callable[[], str] | None] = ContextVar("audit_source", default=None)


@contextmanager
def acting_from(source: Callable[[], str]) -> Iterator[None]:
    """Say from where what happens in the block is done: an address, or a console.

    `source` is asked when something is recorded, which most requests do not.
    """
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


@transaction.atomic
def record(*, actor: str, action: str, subject: str, detail: dict[str, Any]) -> AuditEntry:
    """Append an entry to the log, in the caller's transaction.

    Writers wait for one another until they commit, so this is the last thing that a
    transaction locks. `detail` is JSON without floats and without personal data. From where it
    was done is what `acting_from` says, and otherwise this machine.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = AuditEntry.objects.order_by("-sequence").first()
    entry = AuditEntry(
        sequence=last.sequence + 1 if last else 1,
        occurred_at=now(),
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
        source=(_source.get() or _here)(),
        previous_hash=last.entry_hash if last else GENESIS,
    )
    entry.entry_hash = hashlib.sha256(canonical_json(entry.content())).hexdigest()
    entry.save(force_insert=True)
    return entry


def _here() -> str:
    return f"host {socket.gethostname()}"
