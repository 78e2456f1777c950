"""A process dies at a commit: just before it, or just after it and before anything else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.institutions import NUMBERS, Institutions


class Crash(BaseException):
    """Nothing in the services may catch it, as nothing can catch kill -9."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class _Armed:
    commits: int  # that still go through
    after: bool


@dataclass
class Crashes:
    """Kills an institution's process at a chosen commit of its database."""

    institutions: Institutions
    happened: dict[str, int] = field(default_factory=dict)
    _armed: dict[str, _Armed] = field(default_factory=dict)

    def install(self) -> None:
        """Watch the commits of every institution."""
        for code in NUMBERS:
            connection: Any = self.institutions.connection(code)
            connection._commit = self._watched(code, connection._commit)

    def arm(self, code: str, *, commits: int, after: bool) -> None:
        """Let so many commits go through, and die at the next: `after` it, or before."""
        self._armed[code] = _Armed(commits, after)

    def disarm(self) -> None:
        """What has not died yet lives."""
        self._armed.clear()

    def bury(self, code: str) -> None:
        """The dead process's session is gone, and what it had not committed with it."""
        self._armed.pop(code, None)
        self.institutions.connection(code).close()

    def _watched(self, code: str, commit: Callable[[], None]) -> Callable[[], None]:
        def watched() -> None:
            armed = self._armed.get(code)
            if armed is None:
                commit()
                return
            if armed.commits:
                armed.commits -= 1
                commit()
                return
            if armed.after:
                commit()
            kind = "crash after a commit" if armed.after else "crash before a commit"
            self.happened[kind] = self.happened.get(kind, 0) + 1
            self.bury(code)
            raise Crash(code)

        return watched
