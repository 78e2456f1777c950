"""What lies between the institutions: loses, doubles, delays, garbles, parts, kills."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings

from cbdc.errors import Problem
from cbdc.messaging import delivery, receive
from cbdc.messaging.delivery import DeliveryError, HttpAnswer
from tests.simulation.crashes import Crash, Crashes
from tests.simulation.institutions import Institutions

# How often each happens to a request, in per cent; the rest goes through.
FAULTS = {
    "request lost": 7,
    "reply lost": 7,
    "request doubled": 5,
    "request delayed": 8,
    "request truncated": 2,
    "reply is garbage": 2,
    "reply is an error": 3,
    "sender dies before sending": 2,
    "sender dies after sending": 4,
    "receiver dies": 6,
}
PROXY_STATUSES = (400, 404, 413, 500, 502, 503)
COMMITS_MAX = 3


@dataclass
class Delayed:
    """A request that nobody waits for any more, and that arrives all the same."""

    code: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Wire:
    """The transport of the simulation. `faults` says whether anything goes wrong."""

    institutions: Institutions
    crashes: Crashes
    random: random.Random
    faults: bool = True
    happened: Counter[str] = field(default_factory=Counter)
    parted: set[str] = field(default_factory=set)  # banks that the central bank cannot reach
    delayed: list[Delayed] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def carry(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """What HTTP does between institutions."""
        code = (urlsplit(url).hostname or "").removesuffix(".test")
        sender = str(settings.INSTITUTION)
        request = Delayed(code, {name.lower(): value for name, value in headers.items()}, body)
        if {code, sender} & self.parted:
            self.happened["no way through"] += 1
            raise DeliveryError("no way through")
        fault = self._draw()
        if fault is None:
            return self.arrive(request)
        self.happened[fault] += 1
        self.log.append(f"    {sender} -> {code}: {fault}")
        return self._spoil(fault, sender, request)

    def arrive(self, request: Delayed) -> HttpAnswer:
        """Hand a request to its recipient, which may die of it."""
        try:
            with self.institutions.at(request.code):
                answer = receive.receive(
                    method="POST", path=delivery.PATH, headers=request.headers, body=request.body
                )
        except Crash as crash:
            self.crashes.bury(crash.code)
            raise DeliveryError("connection reset") from crash
        except Problem as problem:
            return HttpAnswer(problem.error.status, {}, problem.error.code.encode())
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(answer.status, lower, answer.body)

    def _draw(self) -> str | None:
        if not self.faults:
            return None
        drawn = self.random.randrange(100)
        for fault, share in FAULTS.items():
            if drawn < share:
                return fault
            drawn -= share
        return None

    def _spoil(self, fault: str, sender: str, request: Delayed) -> HttpAnswer:
        if fault == "request lost":
            raise DeliveryError("lost on the way")
        if fault == "reply lost":
            self.arrive(request)
            raise DeliveryError("lost on the way back")
        if fault == "request doubled":
            answers = [self.arrive(request), self.arrive(request)]
            return self.random.choice(answers)
        if fault == "request delayed":
            self.delayed.append(request)
            raise DeliveryError("timed out")
        if fault == "request truncated":
            request.body = request.body[: self.random.randrange(len(request.body))]
            return self.arrive(request)
        if fault == "reply is garbage":
            self.arrive(request)
            return HttpAnswer(200, {"content-type": "text/html"}, b"<html>Welcome</html>")
        if fault == "reply is an error":
            return HttpAnswer(self.random.choice(PROXY_STATUSES), {}, b"<html>Sorry</html>")
        if fault == "sender dies before sending":
            raise Crash(sender)
        if fault == "sender dies after sending":
            self.arrive(request)
            raise Crash(sender)
        self.crashes.arm(
            request.code,
            commits=self.random.randrange(COMMITS_MAX),
            after=self.random.random() < 0.5,
        )
        return self.arrive(request)
