"""One child process: how it is started, recognised after a crash, and ended."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
POLL_S = 0.02
GONE_TIMEOUT_S = 2.0
LOG_BYTES_MAX = 10_000_000


class DevnetError(Exception):
    """Something on this machine keeps the development network from running; says what to do."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to run. `wrapper` goes before the launcher, `user` is whom to drop to as root."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    wrapper: Sequence[str] = ()
    user: str = "-"
    cwd: Path | None = None


def spawn(spec: ProcessSpec, log_file: Path) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, its output appended to `log_file`."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    if log_file.exists() and log_file.stat().st_size > LOG_BYTES_MAX:
        log_file.replace(log_file.with_suffix(log_file.suffix + ".1"))
    program = shutil.which(spec.command[0])
    if program is None:
        raise DevnetError(f"{spec.name}: {spec.command[0]} is not an executable file")
    launcher = [sys.executable, "-S", "-E", str(LAUNCHER)]
    arguments = [str(int(spec.stop_signal)), str(os.getpid()), spec.user]
    with log_file.open("ab") as log:
        return subprocess.Popen(
            [*spec.wrapper, *launcher, *arguments, program, *spec.command[1:]],
            env=None if spec.environment is None else dict(spec.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=spec.cwd,
            start_new_session=True,
        )


def started_at(pid: int) -> int | None:
    """The kernel's start tick of a live process, or None when it is gone or a zombie.

    A pid alone is reused; a pid with its start tick is not.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may hold spaces
    return None if fields[0] in "ZX" else int(fields[19])


def end(pid: int, first: signal.Signals, *, grace_s: float) -> None:
    """Ask a process to stop, wait, then kill what is left of its group."""
    start = started_at(pid)
    if start is None:
        return
    signal_process(pid, first)
    deadline = time.monotonic() + grace_s
    while started_at(pid) == start and time.monotonic() < deadline:
        time.sleep(POLL_S)
    kill_group(pid)


def signal_process(pid: int, number: signal.Signals) -> None:
    """Signal one process; nothing happens when it is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def kill_group(leader: int) -> None:
    """Kill whatever is left of a child's process group, and wait until it is gone.

    The leader's own children become the system's to reap, so the wait has an end.
    """
    deadline = time.monotonic() + GONE_TIMEOUT_S
    try:
        while time.monotonic() < deadline:
            os.killpg(leader, signal.SIGKILL)
            time.sleep(POLL_S)
    except (ProcessLookupError, PermissionError):
        return


def tail(log_file: Path, lines: int = 12) -> str:
    """The last lines of a log, for an error message."""
    if not log_file.exists():
        return ""
    return "\n".join(log_file.read_text(errors="replace").splitlines()[-lines:])
