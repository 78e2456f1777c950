"""The bank's deny list, as far as the gate has it: entries and version change together."""

from collections.abc import Iterable

from cbdc.client.gate.store import Store

BANK = "deny_list_of"  # note: base URL of the bank whose list it is: versions are that bank's
ROWS_MAX = 1_000  # of one write: the gate waits for it, some milliseconds

_IS_DENIED = "SELECT 1 FROM deny_list JOIN denied USING (list) WHERE credential_id = ?"
_FORGET = """
DELETE FROM denied WHERE (list, credential_id) IN
    (SELECT list, credential_id FROM denied WHERE list <> ? LIMIT ?)
"""


def is_denied(store: Store, credential_id: str) -> bool:
    """True for a credential that gates refuse."""
    return store.connection.execute(_IS_DENIED, [credential_id]).fetchone() is not None


def version(store: Store) -> int:
    """The version that is kept; 0 for none, as the bank counts."""
    row = store.connection.execute("SELECT version FROM deny_list").fetchone()
    return 0 if row is None else int(row[0])


def version_of(store: Store, bank: str) -> int:
    """The version that is kept of this bank's list; 0 when the list is another bank's."""
    return version(store) if store.note(BANK) == bank else 0


def entries(store: Store) -> int:
    """How many credentials are refused."""
    (count,) = store.connection.execute(
        "SELECT count(*) FROM deny_list JOIN denied USING (list)"
    ).fetchone()
    return int(count)


def apply(store: Store, *, version: int, added: Iterable[str], removed: Iterable[str]) -> None:
    """Change the list to a version, all or nothing."""
    number = _list_in_use(store)
    with store.transaction():
        connection = store.connection
        connection.executemany(
            "DELETE FROM denied WHERE list = ? AND credential_id = ?",
            [(number, one) for one in removed],
        )
        connection.executemany(
            "INSERT OR IGNORE INTO denied (list, credential_id) VALUES (?, ?)",
            [(number, one) for one in added],
        )
        _use(store, number, version)


def replace(store: Store, *, bank: str, version: int, entries: Iterable[str]) -> None:
    """Take a bank's whole list in place of the one before, of whichever bank that was.

    It may have a million entries, so it is written beside the old one, some at a time, and then
    put in use at once. What a killed process had begun is thrown away.
    """
    in_use = _list_in_use(store)
    _forget_all_but(store, in_use)
    rows = [(in_use + 1, one) for one in entries]
    for first in range(0, len(rows), ROWS_MAX):
        with store.transaction():
            store.connection.executemany(
                "INSERT OR IGNORE INTO denied (list, credential_id) VALUES (?, ?)",
                rows[first : first + ROWS_MAX],
            )
    with store.transaction():
        _use(store, in_use + 1, version)
        store.put_note(BANK, bank)
    _forget_all_but(store, in_use + 1)


def _list_in_use(store: Store) -> int:
    row = store.connection.execute("SELECT list FROM deny_list").fetchone()
    return 0 if row is None else int(row[0])


def _use(store: Store, number: int, version: int) -> None:
    store.connection.execute(
        "REPLACE INTO deny_list (id, list, version) VALUES (1, ?, ?)", [number, version]
    )


def _forget_all_but(store: Store, number: int) -> None:
    while store.connection.execute(_FORGET, [number, ROWS_MAX]).rowcount:
        pass
