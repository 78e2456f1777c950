"""The whole network as processes of this machine: what the demo and the system tests start."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from cbdc.devnet.children import DevnetError, ProcessSpec, spawn
from cbdc.devnet.network import INSTITUTION_PLACEHOLDER, Member, Network
from cbdc.devnet.postgres import APPLICATION_ROLE, EmbeddedPostgres
from cbdc.devnet.processes import ProcessRunner
from cbdc.devnet.sockets import HOST, require_free_port
from cbdc.devnet.valkey import EmbeddedValkey

ROOT = Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 60.0
READY_POLL_S = 0.1
PREPARE_TIMEOUT_S = 120.0
FAILURES_MAX = 4  # a process that dies this often in a row will not come up
BLOCKING_THREADS = 8
WORKER_THREADS = 8  # two lanes to each of three banks, and room for what the schedule rings
POSTGRES = "postgres"
VALKEY = "valkey"


class Devnet:
    """PostgreSQL, Valkey, and a web and a worker process for each institution.

    Processes by name: `postgres`, `valkey`, `<code>-web`, `<code>-worker`. State is in
    `state_dir` and reused. `database_url` (with `{institution}` for the database's name) and
    `broker_url` point at real servers instead of the embedded ones. `environment` is added
    to that of every institution, `postgres_settings` to those of the embedded server. `progress`
    is told of each step that is done.
    """

    def __init__(
        self,
        state_dir: Path,
        base_port: int,
        *,
        database_url: str | None = None,
        broker_url: str | None = None,
        environment: Mapping[str, str] | None = None,
        postgres_settings: Mapping[str, str] | None = None,
        progress: Callable[[str], None] = lambda step: None,
    ) -> None:
        if database_url is not None and INSTITUTION_PLACEHOLDER not in database_url:
            raise DevnetError(
                f"DATABASE_URL must hold {INSTITUTION_PLACEHOLDER} where the name of each "
                "institution's own database goes"
            )
        self.state_dir = state_dir.absolute()
        self.runner = ProcessRunner(self.state_dir / "run", self.state_dir / "log")
        self.postgres: EmbeddedPostgres | None = None
        self.valkey: EmbeddedValkey | None = None
        owner_url = database_url
        if database_url is None:
            log = self.runner.log_file(POSTGRES)
            self.postgres = EmbeddedPostgres(self.state_dir / "postgres", log, postgres_settings)
            database_url = self.postgres.url(INSTITUTION_PLACEHOLDER, APPLICATION_ROLE)
            owner_url = self.postgres.url(INSTITUTION_PLACEHOLDER)
        if broker_url is None:
            log = self.runner.log_file(VALKEY)
            self.valkey = EmbeddedValkey(self.state_dir / "valkey", log)
            broker_url = self.valkey.url
        self.network = Network(
            self.state_dir / "devnet",
            base_port,
            database_url=database_url,
            owner_database_url=owner_url or database_url,
            broker_url=broker_url,
        )
        self._environment = dict(environment or {})
        self._progress = progress

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and wait until every institution answers that it is ready.

        Raises:
            DevnetError: when something does not come up; nothing is left running then.
        """
        self.state_dir.mkdir(parents=True, exist_ok=True)
        self.runner.open()
        try:
            for member in self.network.members:
                require_free_port(member.port, member.name)
            self._start_servers()
            self.network.prepare()
            self._prepare_databases()
            for member in self.network.members:
                self.runner.start(self._web(member))
                self.runner.start(self._worker(member))
            for member in self.network.members:
                self.wait_ready(member.code)
                self._progress(f"{member.name} answers at {member.base_url}")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the institutions, then the servers they need."""
        servers = {POSTGRES, VALKEY}
        self.runner.stop(*(name for name in self.runner.names() if name not in servers))
        self.runner.close()
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()

    def kill(self, name: str) -> None:
        """Kill -9 a process, by name; it is started again by itself."""
        self.runner.kill(name)

    def stop_process(self, name: str) -> None:
        """Stop one process and keep it stopped until `start_process`."""
        self.runner.stop(name)

    def start_process(self, name: str) -> None:
        """Start a process that `stop_process` stopped."""
        self.runner.start(self._spec(name))

    def wait_ready(self, code: str) -> None:
        """Wait until an institution's /readyz answers 200.

        Raises:
            DevnetError: with the end of its web process's log.
        """
        name, url = f"{code}-web", f"{self.network.member(code).base_url}/readyz"
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not _answers_ok(url):
            if time.monotonic() > deadline or self.runner.failures(name) >= FAILURES_MAX:
                raise DevnetError(f"{name} does not get ready:\n{self.runner.log_tail(name)}")
            time.sleep(READY_POLL_S)

    def manage(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` for an institution, as its application role; its output is captured."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self._env(code),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    def environment_of(self, code: str) -> dict[str, str]:
        """What an institution's processes are started with, its secrets too."""
        return self._env(code)

    def _start_servers(self) -> None:
        if self.postgres is not None:
            self.postgres.prepare()
            self.runner.start(self.postgres.spec(POSTGRES))
        if self.valkey is not None:
            self.valkey.prepare()
            self.runner.start(self.valkey.spec(VALKEY))
            self.valkey.wait_ready()
            self._progress("Valkey runs")
        if self.postgres is not None:
            self.postgres.wait_ready()
            for member in self.network.members:
                self.postgres.createdb(member.database)
            self._progress("PostgreSQL runs, a database for each institution")

    def _prepare_databases(self) -> None:
        """Migrate and seed all institutions at once, each in its own process."""
        command = [sys.executable, "-m", "cbdc.devnet.prepare"]
        running = {}
        for member in self.network.members:
            name = f"{member.code}-prepare"
            env = self._env(member.code, owner=True)
            spec = ProcessSpec(name, command, env, cwd=ROOT)
            running[name] = spawn(spec, self.runner.log_file(name))
        failed = [name for name, child in running.items() if child.wait(PREPARE_TIMEOUT_S) != 0]
        if failed:
            raise DevnetError(f"{failed[0]} failed:\n{self.runner.log_tail(failed[0])}")
        self._progress("migrated and seeded")

    def _spec(self, name: str) -> ProcessSpec:
        if name == POSTGRES and self.postgres is not None:
            return self.postgres.spec(POSTGRES)
        if name == VALKEY and self.valkey is not None:
            return self.valkey.spec(VALKEY)
        code, _, kind = name.rpartition("-")
        member = self.network.member(code)
        return self._web(member) if kind == "web" else self._worker(member)

    def _web(self, member: Member) -> ProcessSpec:
        command = web_command(member.port)
        return ProcessSpec(f"{member.code}-web", command, self._env(member.code), cwd=ROOT)

    def _worker(self, member: Member) -> ProcessSpec:
        schedule = self.network.state_dir / member.code / "beat-schedule"
        command = [sys.executable, "-m", "celery", "-A", "cbdc.celery_app", "worker", "-B"]
        command += ["--pool", "threads", "--concurrency", str(WORKER_THREADS)]
        command += ["-Q", member.code, "-n", f"{member.code}@devnet", "-s", str(schedule)]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        command += ["--loglevel", "INFO"]
        return ProcessSpec(f"{member.code}-worker", command, self._env(member.code), cwd=ROOT)

    def _env(self, code: str, *, owner: bool = False) -> dict[str, str]:
        return {**self.network.environment(code, owner=owner), **self._environment}


def web_command(port: int, application: str = "cbdc.wsgi:application") -> list[str]:
    """How a WSGI application is served on the loopback; benchmarks serve others so too."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi"]
    command += ["--host", HOST, "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", str(BLOCKING_THREADS), "--workers-kill-timeout", "5"]
    command += ["--no-ws", "--no-access-log", "--log-level", "warning"]
    return [*command, application]


def _answers_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own URL
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
