"""The gate's memory: one SQLite file in its state folder, for all gates of a station.

WAL with `synchronous=FULL`: a commit is on the disk when it returns, and a process that is
killed at any moment leaves what it had committed. Each thread opens a store of its own.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from cbdc.client.gate.locks import locked

FILE = "gate.sqlite3"
VERSION = 1
BUSY_TIMEOUT_S = 5.0  # above the longest write of another gate or of the uploader

_SCHEMA = """
CREATE TABLE tap (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tap_id TEXT NOT NULL UNIQUE,
    credential_id TEXT NOT NULL,
    credential TEXT,  -- as it was shown; forgotten once the bank has the tap
    gate_id TEXT NOT NULL,
    station TEXT NOT NULL,
    direction TEXT NOT NULL,
    tapped_at TEXT NOT NULL,  -- RFC 3339, UTC, microseconds: sorts as text
    state TEXT NOT NULL DEFAULT 'pending'
        CONSTRAINT tap_state CHECK (state IN ('pending', 'sent', 'rejected', 'parked')),
    tries INTEGER NOT NULL DEFAULT 0,  -- that failed with this tap alone in the batch
    code TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '',
    settled_at TEXT  -- when it left `pending`
);
CREATE INDEX tap_of_credential ON tap (credential_id, station, seq);
CREATE INDEX tap_to_send ON tap (tries, seq) WHERE state = 'pending';
CREATE INDEX tap_by_state ON tap (state, settled_at);
CREATE INDEX tap_by_time ON tap (tapped_at);
CREATE TABLE denied (
    list INTEGER NOT NULL,
    credential_id TEXT NOT NULL,
    PRIMARY KEY (list, credential_id)
) WITHOUT ROWID;
CREATE TABLE deny_list (
    id INTEGER PRIMARY KEY CONSTRAINT one_list CHECK (id = 1),
    list INTEGER NOT NULL,
    version INTEGER NOT NULL
);
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class StoreError(Exception):
    """The state folder cannot be used; the message says why."""


class Store:
    """An open connection. `connection` commits each statement, unless in a `transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @classmethod
    def open(cls, folder: Path, *, create: bool = True) -> Self:
        """The store in a folder, which is made if need be, for its owner alone.

        Raises:
            StoreError: not a folder of a gate, damaged, of another version, or not there.
        """
        path = folder / FILE
        if not create and not path.exists():
            raise StoreError(f"no gate has run in {folder}")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(folder / "open.lock"):
                # SQLite would make the file for everyone, and gives its WAL the same mode.
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
                return cls(_connect(path))
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"the state in {folder} cannot be used: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on the disk when the block has ended; one writer at a time.

        Raises:
            sqlite3.Error: it could not be kept.
        """
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def note(self, name: str) -> str | None:
        """A text kept under a name."""
        row = self.connection.execute("SELECT value FROM note WHERE name = ?", [name]).fetchone()
        return None if row is None else str(row[0])

    def put_note(self, name: str, value: str) -> None:
        """Keep a text under a name, in place of the one before."""
        self.connection.execute("REPLACE INTO note (name, value) VALUES (?, ?)", [name, value])

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _make_schema(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_schema(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        script = f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"
        connection.executescript(script)
    elif version != VERSION:
        raise StoreError(f"the state is of version {version}, and this gate's is {VERSION}")
