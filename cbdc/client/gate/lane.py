"""A thread for one link, so that who hangs on it holds up nobody else's work.

Of several gates with one state folder one works for all in each lane; the kernel passes that on
when its process ends.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from cbdc.client.gate.chores import Chore, log
from cbdc.client.gate.locks import FileLock
from cbdc.client.gate.store import Store, StoreError

IDLE_S = 0.2  # between looks at what is due
RESTART_S = 5.0
TROUBLE = "trouble "  # notes: before a chore's name, what went wrong the last time, or nothing


class Lane(threading.Thread):
    """Does chores when they are due, with a store of its own. The chore `last` is done until
    nothing is left before the lane ends."""

    def __init__(
        self,
        name: str,
        folder: Path,
        chores: Callable[[Store], Sequence[Chore]],
        *,
        last: str | None = None,
    ) -> None:
        super().__init__(name=f"gate-{name}", daemon=True)
        self.first_round = threading.Event()  # all was tried once, or another process does it
        self._folder = folder
        self._lock_path = folder / f"{name}.lock"
        self._make_chores = chores
        self._last = last
        self._told: dict[str, str] = {}
        self._stopping = threading.Event()
        self._finish_by = 0.0

    def run(self) -> None:
        while True:
            try:
                return self._work()
            except (StoreError, OSError, sqlite3.Error) as error:
                log.error("%s: %s", self.name, error)
                if self._stopping.wait(RESTART_S):
                    return

    def finish(self, by: float) -> None:
        """Do what is last, until then (`time.monotonic`) and unless it is known to fail, and
        end. Returns at once."""
        self._finish_by = by
        self._stopping.set()

    def _work(self) -> None:
        with closing(FileLock(self._lock_path)) as lock, closing(Store.open(self._folder)) as store:
            chores = self._make_chores(store)
            # Everything is tried once, or gates that run for a moment never had a new deny list.
            while not (self._stopping.is_set() and self.first_round.is_set()):
                if lock.take():
                    for chore in chores:
                        if chore.due_at <= time.monotonic():
                            chore.run()
                    self._tell(store, chores)
                self.first_round.set()
                if not lock.held or all(one.due_at > time.monotonic() for one in chores):
                    self._stopping.wait(IDLE_S)
            if lock.take():
                self._finish(chores)
                self._tell(store, chores)

    def _finish(self, chores: Sequence[Chore]) -> None:
        for chore in chores:
            if chore.name != self._last or chore.failures:
                continue
            while time.monotonic() < self._finish_by:
                chore.run()
                if not chore.more:
                    break
                time.sleep(max(min(chore.due_at, self._finish_by) - time.monotonic(), 0.0))

    def _tell(self, store: Store, chores: Sequence[Chore]) -> None:
        """Keep what is wrong now for `--status`, which may be another process."""
        for chore in chores:
            if self._told.get(chore.name) != chore.trouble:
                with suppress(sqlite3.Error):  # the next round tries again
                    store.put_note(TROUBLE + chore.name, chore.trouble)
                    self._told[chore.name] = chore.trouble


def troubles(store: Store) -> dict[str, str]:
    """What went wrong the last time, by chore."""
    rows = store.connection.execute(
        "SELECT substr(name, ?), value FROM note WHERE name LIKE ? AND value <> '' ORDER BY name",
        [len(TROUBLE) + 1, f"{TROUBLE}%"],
    )
    return dict(rows.fetchall())
