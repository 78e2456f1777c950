"""How a gate is: what it has, what it still owes the bank, and what is wrong."""

from datetime import datetime, timedelta
from typing import Any

from cbdc.client.gate import deny_list
from cbdc.client.gate.clock import clock_off
from cbdc.client.gate.directory import KeptKeys
from cbdc.client.gate.lane import troubles
from cbdc.client.gate.refreshing import DENY_LIST_AT, KEYS_AT
from cbdc.client.gate.store import Store
from cbdc.client.gate.uploading import UPLOADED_AT
from cbdc.clock import rfc3339

STATES = ("pending", "sent", "rejected", "parked")


def status(store: Store, now: datetime) -> dict[str, Any]:
    """All of it, as `--status` prints it."""
    off = clock_off(store, now)
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
            "wrong": off != timedelta(0),
            "ahead_s": round(off.total_seconds(), 3),
        },
        "keys": {"institutions": sorted(numbers), "fetched_at": store.note(KEYS_AT)},
        "deny_list": {
            "bank": store.note(deny_list.BANK),
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
        "troubles": troubles(store),
    }
