"""The gate's other thread: keys, the deny list, the upload of taps, and tidying up.

Whatever happens on the network happens here, so the gate never waits for it. Of several gates
with one state folder one works for all; the kernel passes that on when its process ends.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.gate import taps
from cbdc.client.gate.chores import Chore, Trouble, log
from cbdc.client.gate.locks import FileLock
from cbdc.client.gate.refreshing import refresh_deny_list, refresh_keys
from cbdc.client.gate.status import TROUBLES, clock_behind
from cbdc.client.gate.store import Store, StoreError
from cbdc.client.gate.uploading import Uploader
from cbdc.client.operator_client import OperatorClient
from cbdc.client.transport import READ_TIMEOUT_S, Transport
from cbdc.clock import now

KEYS_EVERY_S = 300.0
DENY_LIST_EVERY_S = 30.0
UPLOAD_EVERY_S = 1.0
CLOCK_EVERY_S = 10.0
TIDY_EVERY_S = 600.0
KEEP_DAYS = 7  # of taps that the bank has
IDLE_S = 0.2  # between looks at what is due
RESTART_S = 5.0


@dataclass(frozen=True, slots=True)
class Links:
    """Where the bank and the central bank are. `read_key` gives the secret key, anew for each
    call, so that a key that was replaced needs no restart."""

    bank: str
    central_bank: str
    read_key: Callable[[], str]
    read_timeout_s: float = READ_TIMEOUT_S


class Worker(threading.Thread):
    """Works for the gates of a state folder; without `links` it only tidies up."""

    def __init__(self, folder: Path, links: Links | None, *, keep_days: int = KEEP_DAYS) -> None:
        super().__init__(name="gate-worker", daemon=True)
        self.first_round = threading.Event()  # all was tried once, or another process does it
        self._folder = folder
        self._links = links
        self._keep = timedelta(days=keep_days)
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._work()
            except (StoreError, OSError) as error:
                log.error("worker: %s", error)
                self._stopping.wait(RESTART_S)

    def finish(self, timeout_s: float) -> None:
        """Send what is pending, unless the bank is known to be away, and end."""
        self._stopping.set()
        self.join(timeout_s)

    def _work(self) -> None:
        lock = FileLock(self._folder / "work.lock")
        with closing(lock), closing(Store.open(self._folder)) as store:
            chores = self._chores(store)
            while not self._stopping.is_set():
                if lock.take():
                    for chore in chores.values():
                        if chore.due_at <= time.monotonic():
                            chore.run()
                    _tell(store, chores)
                self.first_round.set()
                if not lock.held or all(one.due_at > 0.0 for one in chores.values()):
                    self._stopping.wait(IDLE_S)
            upload = chores.get("upload")
            while lock.held and upload is not None and upload.failures == 0:
                upload.run()
                if upload.due_at > 0.0:  # nothing is left, or it failed
                    break
            if lock.held:
                _tell(store, chores)

    def _chores(self, store: Store) -> dict[str, Chore]:
        def clock() -> bool:
            if behind := clock_behind(store, now()):
                raise Trouble(f"it is {behind} before the newest tap: set it right")
            return False

        def tidy() -> bool:
            taps.prune(store, now() - self._keep)
            store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            return False

        chores = [Chore("clock", clock, CLOCK_EVERY_S), Chore("tidy", tidy, TIDY_EVERY_S)]
        if self._links is not None:
            chores = [*_of_the_network(store, self._links), *chores]
        return {chore.name: chore for chore in chores}


def _of_the_network(store: Store, links: Links) -> list[Chore]:
    def transport(url: str) -> Transport:  # sends once: it is the chore that tries again
        return Transport(url, attempts_max=1, read_timeout_s=links.read_timeout_s)

    bank = transport(links.bank)
    central_bank = CentralBankClient(links.central_bank, transport=transport(links.central_bank))

    def operator() -> OperatorClient:
        return OperatorClient(links.bank, links.read_key(), transport=bank)

    def keys() -> bool:
        refresh_keys(store, central_bank)
        return False

    def denials() -> bool:
        refresh_deny_list(store, operator())
        return False

    return [
        Chore("keys", keys, KEYS_EVERY_S),
        Chore("deny_list", denials, DENY_LIST_EVERY_S),
        Chore("upload", Uploader(store, operator).upload, UPLOAD_EVERY_S),
    ]


def _tell(store: Store, chores: dict[str, Chore]) -> None:
    """Keep what is wrong now for `--status`, which may be another process."""
    troubles = {chore.name: chore.trouble for chore in chores.values() if chore.trouble}
    with suppress(sqlite3.Error):  # the next round tries again
        if troubles != json.loads(store.note(TROUBLES) or "{}"):
            store.put_note(TROUBLES, json.dumps(troubles))
