"""A stub of what a gate talks to: the bank's transit calls and the central bank's directory."""

import random
import threading
from collections.abc import Callable
from typing import Any

from tests.client.stub import HANG_UP, Asked, Reply, Stub, problem
from tests.client.transit_riders import Issuer
from wallets.transit.operators.api import TAPS

KEY = "sk_live_of_the_metro"
Trouble = Callable[[Asked], Reply | None]


def _none(asked: Asked) -> Reply | None:
    return None


class GateBank:
    """Keeps taps as the bank does: each id once. `before` may answer in its place; `after` may
    spoil an answer when the taps are kept already."""

    def __init__(self, stub: Stub, issuer: Issuer) -> None:
        self.url = stub.url
        self.stub = stub
        self.directory: list[dict[str, Any]] = issuer.directory()
        self.taps: dict[str, dict[str, Any]] = {}  # by id
        self.batches: list[int] = []  # taps in each that was kept
        self.duplicates = 0
        self.rejects: dict[str, str] = {}  # tap id → code
        self.denied: list[tuple[int, str, bool]] = []  # version, credential id, denied
        self.version = 0
        self.before: Trouble = _none
        self.after: Trouble = _none
        self._lock = threading.Lock()
        stub.respond = self._respond

    def deny(self, *credential_ids: str, denied: bool = True) -> None:
        """Put credentials on the list, or take them off, in one version."""
        self.version += 1
        self.denied += [(self.version, one, denied) for one in credential_ids]

    def uploads(self) -> list[Asked]:
        """The batches that gates have sent."""
        return [asked for asked in self.stub.asked if asked.path.endswith("/taps")]

    def _respond(self, asked: Asked) -> Reply:
        if asked.path == "/api/v1/institutions":
            return Reply(200, {"data": self.directory})
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return problem(401, "authentication_required")
        spoilt = self.before(asked)
        if spoilt is not None:
            return spoilt
        if asked.path.endswith("/deny-list"):
            return Reply(200, self._changes(int(asked.query["since"])))
        assert asked.path == "/api/v1/transit/taps"
        with self._lock:
            answer = Reply(200, self._take(asked))
        return self.after(asked) or answer

    def _take(self, asked: Asked) -> dict[str, Any]:
        TAPS.parse(asked.body)  # as strict as the bank
        accepted = duplicates = 0
        rejected = []
        for tap in asked.body["taps"]:
            code = self.rejects.get(tap["tap_id"])
            if code is None and self.taps.get(tap["tap_id"], tap) != tap:
                code = "idempotency_key_reused"
            if code is not None:
                rejected.append({"tap_id": tap["tap_id"], "code": code, "detail": f"{code}!"})
                continue
            duplicates += tap["tap_id"] in self.taps
            accepted += tap["tap_id"] not in self.taps
            self.taps[tap["tap_id"]] = tap
        self.duplicates += duplicates
        self.batches.append(len(asked.body["taps"]))
        return {"accepted": accepted, "duplicates": duplicates, "rejected": rejected}

    def _changes(self, since: int) -> dict[str, Any]:
        now = {one: denied for version, one, denied in self.denied}
        changed = {one for version, one, _ in self.denied if version > since}
        return {
            "version": self.version,
            "added": sorted(one for one in changed if now[one]),
            "removed": sorted(one for one in changed if since and not now[one]),
        }


class Unreliable:
    """A bank on a bad day: by chance it answers 500, hangs, hangs up, or stops in the middle,
    before it has kept the taps or after."""

    def __init__(self, seed: int, *, odds: float) -> None:
        self._random = random.Random(seed)
        self._odds = odds

    def before(self, asked: Asked) -> Reply | None:
        replies = [HANG_UP, problem(500, "internal_error"), Reply(0, after_s=0.3)]
        return self._perhaps(replies)

    def after(self, asked: Asked) -> Reply | None:
        half = Reply(200, {"accepted": 1, "duplicates": 0, "rejected": []}, cut=True)
        return self._perhaps([HANG_UP, problem(503, "institution_unavailable"), half])

    def _perhaps(self, replies: list[Reply]) -> Reply | None:
        return self._random.choice(replies) if self._random.random() < self._odds else None
