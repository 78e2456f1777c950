"""All institutions in one process: a database each, and one switch between them.

The databases are the simulation's own, so nothing here touches what other tests see. Every scenario
begins with the same rows: they are kept in a schema beside the tables.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from cbdc.crypto import keys
from cbdc.institution import CENTRAL_BANK_CODE

BANKS = ("harbor", "lotus", "jade")
NUMBERS = {CENTRAL_BANK_CODE: "0001", "harbor": "0011", "lotus": "0012", "jade": "0013"}
NAMES = {code: code.replace("-", " ").title() for code in NUMBERS}
FRAMEWORKS = ("django_", "auth_")  # tables that no scenario writes
TEMPLATE = "simulation_template"
# A simulated crash loses what was not committed, and no machine crashes: nothing waits for disks.
FAST = " -c synchronous_commit=off"


def private_key(name: str) -> Ed25519PrivateKey:
    """The same key in every run, so that a seed makes the same tokens."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"sim {name}".encode()).digest())


def public_key(name: str) -> str:
    """Base64url of the raw 32 bytes."""
    return keys.raw_b64url(private_key(name).public_key())


def key_file(name: str) -> Path:
    """The key in a file, as a process would find it."""
    path = Path(settings.STATE_DIR) / f"sim-{name}.pem"
    if not path.exists():
        keys.save_private_key(path, private_key(name), settings.KEY_PASSPHRASE)
    return path


@dataclass
class Institutions:
    """The databases by institution code, and who this process is now."""

    changes: dict[str, Any] = field(default_factory=dict)  # settings for the simulation alone
    touched: set[str] = field(default_factory=set)  # acted since somebody last looked
    _bases: dict[str, str] = field(default_factory=dict)
    _identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    _connections: dict[str, BaseDatabaseWrapper] = field(default_factory=dict)

    def create(self) -> None:
        """Migrate a database, and copy it once for each institution."""
        own = connections["default"]
        _make(TEMPLATE)
        template = _wrapper(own, TEMPLATE)
        connections["default"] = template
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            connections["default"] = own
            template.close()
        for code in NUMBERS:
            name = _database(code)
            _make(name, f'TEMPLATE "{TEMPLATE}"')
            self._connections[code] = _wrapper(own, name)

    def drop(self) -> None:
        """Remove the copies."""
        for connection in self._connections.values():
            connection.close()
        for name in (TEMPLATE, *map(_database, NUMBERS)):
            _drop(name)

    def connection(self, code: str) -> BaseDatabaseWrapper:
        """The institution's connection, whoever this process is."""
        return self._connections[code]

    @contextmanager
    def at(self, code: str) -> Iterator[None]:
        """Be that institution while the block runs: its database, name, keys and URLs."""
        self.touched.add(code)
        values = self._identities.get(code) or self._identity(code)
        before = {name: getattr(settings, name) for name in values}
        own = connections["default"]
        connections["default"] = self._connections[code]
        _set(values)
        try:
            yield
        finally:
            _set(before)
            connections["default"] = own

    def _identity(self, code: str) -> dict[str, Any]:
        """The settings of that institution's processes."""
        self._identities[code] = {
            "INSTITUTION": code,
            "INSTITUTION_NUMBER": NUMBERS[code],
            "INSTITUTION_NAME": NAMES[code],
            "INSTITUTION_KEY_FILE": str(key_file(code)),
            "ISSUER_KEY_FILE": str(key_file("issuer")),
            "CENTRAL_BANK_PUBLIC_KEY": public_key(CENTRAL_BANK_CODE),
            "PUBLIC_BASE_URL": f"http://{code}.test",
            "CENTRAL_BANK_URL": f"http://{CENTRAL_BANK_CODE}.test",
            "ROOT_URLCONF": "central_bank.urls" if code == CENTRAL_BANK_CODE else "wallets.urls",
            **self.changes,
        }
        return self._identities[code]

    def keep(self) -> None:
        """Remember every row of every institution as the beginning of each scenario."""
        for code in NUMBERS:
            with self.at(code):
                tables = _tables()
                statements = ["CREATE SCHEMA beginning"]
                statements += [f"CREATE TABLE beginning.{t} AS TABLE {t}" for t in tables]
                _execute(statements)
                self._bases[code] = ";".join(
                    [
                        *(f"DELETE FROM {table}" for table in tables),  # noqa: S608 - our own names
                        *(f"INSERT INTO {t} SELECT * FROM beginning.{t}" for t in tables),  # noqa: S608
                        *(f"SELECT setval('{name}', {value})" for name, value in _sequences()),
                    ]
                )

    def begin(self) -> None:
        """Go back to what `keep` remembers."""
        for code in NUMBERS:
            with self.at(code):
                _execute(["BEGIN", "SET CONSTRAINTS ALL DEFERRED", self._bases[code], "COMMIT"])


def _wrapper(own: BaseDatabaseWrapper, name: str) -> BaseDatabaseWrapper:
    """A connection like the test's own, to another database of the same server."""
    values = deepcopy(own.settings_dict)
    values["NAME"] = name
    values["OPTIONS"]["options"] += FAST
    wrapper: BaseDatabaseWrapper = load_backend(values["ENGINE"]).DatabaseWrapper(values, "default")
    return wrapper


def _make(name: str, how: str = "") -> None:
    _drop(name)
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" {how}')


def _drop(name: str) -> None:
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _database(code: str) -> str:
    return f"simulation_{code.replace('-', '_')}"


def _set(values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(settings, name, value)


def _execute(statements: Sequence[str]) -> None:
    with connections["default"].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _tables() -> list[str]:
    """Every table that an institution writes; a partitioned one and not its parts."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace ORDER BY relname"
        )
        return [row[0] for row in cursor.fetchall() if not row[0].startswith(FRAMEWORKS)]


def _sequences() -> list[tuple[str, str]]:
    """Each sequence with the arguments of `setval` that bring it back to where it is now."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(sequencename), last_value FROM pg_sequences"
            " WHERE schemaname = 'public' ORDER BY sequencename"
        )
        return [
            (name, "1, false" if last is None else f"{last}, true")
            for name, last in cursor.fetchall()
        ]
