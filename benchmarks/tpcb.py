"""pgbench: its own TPC-B, and scripts of ours."""

import re
import subprocess
import tempfile
from pathlib import Path

from benchmarks.server import Server

DATABASE = "tpcb"
CLIENTS = 16
THREADS = 2
_RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: ([0-9]+)", re.MULTILINE)


def prepare(server: Server, *, scale: int) -> None:
    """Make pgbench's tables, once."""
    if server.createdb(DATABASE):
        command = [server.program("pgbench"), "-i", "-q", "-s", str(scale), server.url(DATABASE)]
        subprocess.run(command, capture_output=True, check=True)


def rate(server: Server, *, seconds: int) -> float:
    """TPC-B transactions per second."""
    return _run(server, DATABASE, seconds, [])


def script_rate(server: Server, *, database: str, script: str, seconds: int) -> float:
    """Executions of a script per second, with as many clients as TPC-B has."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        file.write_text(script)
        return _run(server, database, seconds, ["-f", str(file)])


def _run(server: Server, database: str, seconds: int, options: list[str]) -> float:
    command = [server.program("pgbench"), "-n", "-M", "prepared", "-T", str(seconds)]
    command += ["-c", str(CLIENTS), "-j", str(THREADS), *options, server.url(database)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _RATE.search(done.stdout)
    failed = _FAILED.search(done.stdout)
    if done.returncode != 0 or found is None or (failed is not None and failed[1] != "0"):
        raise RuntimeError(f"pgbench failed:\n{done.stdout}{done.stderr}")
    return float(found[1])
