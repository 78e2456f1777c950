"""The PostgreSQL that everything is measured on: fully durable, one server for all."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from cbdc.devnet.postgres import EmbeddedPostgres

GIB = 2**30
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Server:
    """The running server."""

    postgres: EmbeddedPostgres

    def url(self, database: str) -> str:
        return self.postgres.url(database)

    def program(self, name: str) -> str:
        """The path of a client program such as pgbench."""
        return str(self.postgres.bin_dir / name)

    def createdb(self, name: str) -> bool:
        """False if it is there already."""
        return self.postgres.createdb(name)


def settings() -> dict[str, str]:
    """Full durability, and memory as a server of this size would have."""
    quarter = psutil.virtual_memory().total // 4
    shared_buffers = min(max(quarter, GIB // 4), 8 * GIB)
    return {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "shared_buffers": f"{shared_buffers // 2**20}MB",
        "max_wal_size": "20GB",
        "checkpoint_timeout": "30min",
        "max_connections": "100",
    }


@contextmanager
def running(folder: Path, *, keep: bool = False) -> Iterator[Server]:
    """A server over `folder`; its data is new unless `keep`, and removed after."""
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    postgres = EmbeddedPostgres(folder / "postgres", folder / "postgres.log", settings())
    postgres.start()
    try:
        yield Server(postgres)
    finally:
        postgres.stop()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def described() -> list[str]:
    """The machine, the commit and the settings, as lines of Markdown."""
    memory = psutil.virtual_memory().total / GIB
    changed = ", ".join(f"{name} {value}" for name, value in settings().items())
    return [
        f"Machine: {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB memory,"
        f" {platform.system()} {platform.release()}, Python {platform.python_version()}.",
        f"Commit {commit()}. {_postgres_version()}: {changed}.",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def commit() -> str:
    """The commit of this working tree, marked when it has changes; "unknown" outside of one."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _postgres_version() -> str:
    from cbdc.devnet.postgres import bin_dir

    command = [str(bin_dir() / "postgres"), "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return "PostgreSQL " + answer.split()[2]
