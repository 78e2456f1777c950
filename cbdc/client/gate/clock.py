"""Whether the gate's clock can be right, from what it remembers and from what the bank says.

The gate works on with a wrong clock, but the bank refuses taps of a time that cannot be, and a
credential that is over would be taken for good: so it is told.
"""

import json
import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from cbdc.client.gate import taps
from cbdc.client.gate.refreshing import DENY_LIST_AT, KEYS_AT
from cbdc.client.gate.store import Store
from cbdc.client.gate.uploading import UPLOADED_AT
from cbdc.clock import now, parse_rfc3339, rfc3339

HEARD = "bank_time"  # note: the newest Date of an answer, and our time when it came, as JSON
TOLERANCE = timedelta(seconds=60)  # as the bank's own; a Date has whole seconds and is on its way
FRESH = timedelta(minutes=5)  # so long the bank's word counts for more than what we remember
HEARD_EVERY_S = 10.0


class Ear:
    """Notes the `Date` of answers: a hook of a session, used in the thread of its store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._heard_at: float | None = None

    def __call__(self, response: requests.Response, *_: Any, **__: Any) -> None:
        moment = time.monotonic()
        if self._heard_at is not None and moment - self._heard_at < HEARD_EVERY_S:
            return
        # Whatever is wrong with a date, or with keeping it, is no reason to lose the answer.
        with suppress(ValueError, sqlite3.Error):
            date = parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)
            said = {"bank": rfc3339(date), "here": rfc3339(now())}
            self._store.put_note(HEARD, json.dumps(said))
            self._heard_at = moment


def clock_off(store: Store, now: datetime) -> timedelta:
    """By how much the clock is ahead, or behind if negative; nothing if it can be right.

    Behind is one that stands before what has happened: a tap, the fetching of keys or of the deny
    list, an upload, a time that the bank has told. Ahead it can only be found from the bank.
    """
    past = [
        taps.newest(store),
        *map(_moment, map(store.note, (KEYS_AT, DENY_LIST_AT, UPLOADED_AT))),
    ]
    if (text := store.note(HEARD)) is not None:
        said = json.loads(text)
        bank, here = parse_rfc3339(said["bank"]), parse_rfc3339(said["here"])
        if timedelta(0) <= now - here < FRESH:
            return here - bank if abs(here - bank) > TOLERANCE else timedelta(0)
        past.append(bank)
    return min([now - one for one in past if one is not None and one > now], default=timedelta(0))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_rfc3339(text)
