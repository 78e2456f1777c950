"""Work that is done again and again, and after a failure later and later."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from cbdc.client.transport import ApiProblem, Unreachable, backoff_s, retry_after_s

PAUSE_MAX_S = 60.0  # a bank that is away for a day is asked this often
REFUSED_PAUSE_S = 30.0  # a wrong key or address is not put right within seconds
RETRY_AFTER_MAX_S = 3600.0
SPREAD = 0.1  # of a period: gates that were switched on together do not call together

log = logging.getLogger("gate")


class Trouble(Exception):  # noqa: N818 - a state that the operator is told, in these words
    """What is wrong; the text is for the operator and holds no credential."""


@dataclass(slots=True)
class Chore:
    """`do` answers in how many seconds there is more to do, or None: then after `every_s`.
    `trouble` is why it failed last, in words for the operator, or nothing. Times are those of
    `time.monotonic`."""

    name: str
    do: Callable[[], float | None]
    every_s: float
    due_at: float = 0.0
    more: bool = False
    failures: int = 0
    trouble: str = ""

    def run(self) -> None:
        """Do it once, whatever comes."""
        try:
            pause = self.do()
        except Exception as error:  # noqa: BLE001 - a thread that dies would keep taps for ever
            self.failures += 1
            self.more = False
            self.due_at = time.monotonic() + pause_s(error, self.failures)
            self._tell(_words(error))
        else:
            self.failures = 0
            self.more = pause is not None
            self.due_at = time.monotonic() + (_about(self.every_s) if pause is None else pause)
            self._tell("")

    def _tell(self, trouble: str) -> None:
        """Log what is new."""
        if trouble and trouble != self.trouble:
            log.warning("%s: %s", self.name, trouble)
        elif self.trouble and not trouble:
            log.info("%s: well again", self.name)
        self.trouble = trouble


def pause_s(error: Exception, failures: int) -> float:
    """How long to wait after so many failures in a row, of which this is the last."""
    pause = backoff_s(failures, longest_s=PAUSE_MAX_S)
    if not isinstance(error, ApiProblem):
        return pause
    if 400 <= error.status < 500:
        pause = max(pause, _about(REFUSED_PAUSE_S))
    return max(pause, min(retry_after_s(error.headers), RETRY_AFTER_MAX_S))


def _about(period_s: float) -> float:
    return period_s * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - guards nothing


def _words(error: Exception) -> str:
    """What happened; of what nobody foresaw the kind alone, since it may quote a credential."""
    if isinstance(error, ApiProblem | Unreachable | Trouble):
        return str(error)
    kind = type(error).__name__
    return f"{kind}: {error.strerror}" if isinstance(error, OSError) else kind
