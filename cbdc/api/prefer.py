"""`Prefer: wait=N` (RFC 7240): how long a call may wait for its final status."""

import re
import time
from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest
from rest_framework.request import Request

WAIT_MAX_S = 10
POLL_MIN_S = 0.01
POLL_MAX_S = 0.2

_WAIT = re.compile(r'\s*wait\s*=\s*(?P<quote>"?)(?P<seconds>[0-9]{1,9})(?P=quote)\s*(?:;.*)?', re.I)
Found = TypeVar("Found")


def preferred_wait_s(request: HttpRequest | Request) -> int:
    """Seconds of the first `wait` preference, at most 10; 0 without one, or when malformed."""
    for preference in str(request.META.get("HTTP_PREFER", ""))[:1024].split(","):
        if match := _WAIT.fullmatch(preference):
            return min(int(match["seconds"]), WAIT_MAX_S)
    return 0


def poll(look: Callable[[], Found | None], wait_s: float) -> Found | None:
    """What `look` finds within `wait_s` seconds, or None. No transaction may be open."""
    deadline = time.monotonic() + wait_s
    pause_s = POLL_MIN_S
    while (found := look()) is None:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return None
        time.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 1.5, POLL_MAX_S)
    return found
