"""The taps that a gate keeps: until the bank has them, and some days longer.

    pending ──200──▶ sent        the bank has it
       │  └───200──▶ rejected    the bank answered why it never takes this one
       └──────4xx──▶ parked      the bank would not read it, even alone; somebody must look

`resend` puts the last two back. All but `pending` ones are forgotten after a time.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cbdc.client.gate.passing import Seen
from cbdc.client.gate.place import Direction
from cbdc.client.gate.store import Store
from cbdc.client.transit_models import RejectedTap, UploadedTap
from cbdc.clock import parse_rfc3339, rfc3339

ROWS_MAX = 1_000  # of one write: the gate waits for it, some milliseconds
DETAIL_MAX = 300

T = TypeVar("T")

_NEXT = """
SELECT seq, tap_id, credential, gate_id, station, direction, tapped_at FROM tap
WHERE state = 'pending' ORDER BY tries, seq LIMIT ?
"""
_LAST = """
SELECT tap_id, gate_id, direction, tapped_at FROM tap
WHERE credential_id = ? AND station = ? ORDER BY seq DESC LIMIT 1
"""
_KEEP = """
INSERT INTO tap (tap_id, credential_id, credential, gate_id, station, direction, tapped_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_REJECTED = """
UPDATE tap SET state = 'rejected', code = ?, detail = ?, settled_at = ?
WHERE tap_id = ? AND state = 'pending'
"""
_SENT = """
UPDATE tap SET state = 'sent', credential = NULL, settled_at = ?
WHERE seq = ? AND state = 'pending'
"""
_PARKED = """
UPDATE tap SET state = 'parked', code = ?, detail = ?, settled_at = ?
WHERE seq = ? AND state = 'pending'
"""
_RESEND = """
UPDATE tap SET state = 'pending', tries = 0, code = '', detail = '', settled_at = NULL
WHERE state IN ('rejected', 'parked')
"""
_PRUNE = """
DELETE FROM tap WHERE seq IN
    (SELECT seq FROM tap WHERE state = ? AND settled_at < ? ORDER BY settled_at LIMIT ?)
"""
# What the bank refused for its time says nothing about the clock.
_NEWEST = "SELECT tapped_at FROM tap WHERE state <> 'rejected' ORDER BY tapped_at DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Kept:
    """A tap, and its place in the queue."""

    seq: int
    tap: UploadedTap


def last_seen(store: Store, credential_id: str, station: str) -> Seen | None:
    """A credential's last tap here, in the order in which they were kept."""
    row = store.connection.execute(_LAST, [credential_id, station]).fetchone()
    if row is None:
        return None
    tap_id, gate_id, direction, tapped_at = row
    return Seen(tap_id, gate_id, Direction(direction), parse_rfc3339(tapped_at))


def keep(store: Store, credential_id: str, tap: UploadedTap) -> None:
    """Keep a new tap, in the caller's transaction."""
    wire = tap.to_wire()
    columns = ("credential", "gate_id", "station", "direction", "tapped_at")
    values = [tap.tap_id, credential_id, *(wire[name] for name in columns)]
    store.connection.execute(_KEEP, values)


def next_batch(store: Store, *, taps_max: int, bytes_max: int) -> list[Kept]:
    """What to send next: the oldest first, those that failed alone last. `bytes_max` bounds the
    taps as JSON with a separator each."""
    batch: list[Kept] = []
    size = 0
    for row in store.connection.execute(_NEXT, [taps_max]).fetchall():
        kept = _kept(*row)
        size += len(json.dumps(kept.tap.to_wire(), ensure_ascii=False).encode()) + len(", ")
        if size > bytes_max and batch:
            break
        batch.append(kept)
    return batch


def _kept(
    seq: int,
    tap_id: str,
    credential: str,
    gate_id: str,
    station: str,
    direction: str,
    tapped_at: str,
) -> Kept:
    moment = parse_rfc3339(tapped_at)
    return Kept(seq, UploadedTap(tap_id, credential, gate_id, station, direction, moment))


def settle(
    store: Store, batch: Sequence[Kept], rejected: Iterable[RejectedTap], now: datetime
) -> None:
    """The bank has answered for each tap of a batch. Killed in the middle, the rest is sent
    again and is a duplicate."""
    at = rfc3339(now)
    for some in _chunks(list(rejected)):
        with store.transaction():
            values = [
                (_kept_text(one.code), _kept_text(one.detail), at, one.tap_id) for one in some
            ]
            store.connection.executemany(_REJECTED, values)
    for kept in _chunks(batch):
        with store.transaction():
            store.connection.executemany(_SENT, [(at, one.seq) for one in kept])


def park(store: Store, kept: Kept, *, code: str, detail: str, now: datetime) -> None:
    """Put a tap aside, with why, so that it does not stop the others."""
    values = [_kept_text(code), _kept_text(detail), rfc3339(now), kept.seq]
    store.connection.execute(_PARKED, values)


def put_behind(store: Store, kept: Kept) -> None:
    """Let the others go first."""
    store.connection.execute("UPDATE tap SET tries = tries + 1 WHERE seq = ?", [kept.seq])


def resend(store: Store) -> int:
    """Have what was rejected or parked sent again; how many."""
    return store.connection.execute(_RESEND).rowcount


def prune(store: Store, *, sent_before: datetime, refused_before: datetime) -> int:
    """Forget taps that the bank has had since before then, and those that it has not taken since
    before then; how many. A pending tap is never forgotten."""
    pruned = 0
    for state, before in (
        ("sent", sent_before),
        ("rejected", refused_before),
        ("parked", refused_before),
    ):
        values = [state, rfc3339(before), ROWS_MAX]
        while found := store.connection.execute(_PRUNE, values).rowcount:
            pruned += found
    return pruned


def newest(store: Store) -> datetime | None:
    """When the newest tap was made: no right clock is before it."""
    row = store.connection.execute(_NEWEST).fetchone()
    return None if row is None else parse_rfc3339(row[0])


def _kept_text(text: str) -> str:
    """A text of the bank's as the disk takes it: not too long, and without lone surrogates."""
    return text[:DETAIL_MAX].encode("utf-8", "replace").decode()


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[first : first + ROWS_MAX] for first in range(0, len(rows), ROWS_MAX))
