"""How a gate is: what it has, what it still owes the bank, and what is wrong."""

import json
from datetime import datetime, timedelta
from typing import Any

from cbdc.client.gate import deny_list, taps
from cbdc.client.gate.directory import KeptKeys
from cbdc.client.gate.refreshing import DENY_LIST_AT, KEYS_AT
from cbdc.client.gate.store import Store
from cbdc.client.gate.uploading import UPLOADED_AT
from cbdc.clock import rfc3339

TROUBLES = "troubles"  # note: by chore, what went wrong the last time, as JSON
STATES = ("pending", "sent", "rejected", "parked")


def clock_behind(store: Store, now: datetime) -> timedelta:
    """By how much the clock is before the newest tap that is kept; nothing for a right one. The
    gate works on, but the bank refuses taps of a time that cannot be."""
    newest = taps.newest(store)
    return max(newest - now, timedelta(0)) if newest is not None else timedelta(0)


def status(store: Store, now: datetime) -> dict[str, Any]:
    """All of it, as `--status` prints it."""
    behind = clock_behind(store, now)
    numbers = {number for number, _ in KeptKeys(store).ring().keys}
    counts = dict(store.connection.execute("SELECT state, count(*) FROM tap GROUP BY state"))
    (oldest,) = store.connection.execute(
        "SELECT min(tapped_at) FROM tap WHERE state = 'pending'"
    ).fetchone()
    refused = store.connection.execute(
        "SELECT state, code, count(*) FROM tap WHERE state IN ('rejected', 'parked') "
        "GROUP BY state, code ORDER BY state, code"
    )
    return {
        "clock": {
            "now": rfc3339(now),
            "wrong": behind > timedelta(0),
            "behind_s": round(behind.total_seconds(), 3),
        },
        "keys": {"institutions": sorted(numbers), "fetched_at": store.note(KEYS_AT)},
        "deny_list": {
            "version": deny_list.version(store),
            "credentials": deny_list.entries(store),
            "fetched_at": store.note(DENY_LIST_AT),
        },
        "taps": {
            **{state: counts.get(state, 0) for state in STATES},
            "oldest_pending": oldest,
            "uploaded_at": store.note(UPLOADED_AT),
        },
        "not_taken": [
            {"state": state, "code": code, "taps": count} for state, code, count in refused
        ],
        "troubles": json.loads(store.note(TROUBLES) or "{}"),
    }
