"""Runs the processes of a network: starts them, brings back the dead, leaves none behind."""

import fcntl
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from cbdc.devnet.children import DevnetError, ProcessSpec, end, kill_group, spawn, started_at, tail

WATCH_S = 0.1
STOP_GRACE_S = 12.0
RESTART_PAUSE_S = 0.3
RESTART_PAUSE_MAX_S = 5.0
STEADY_S = 10.0  # a child that lived this long starts again without a pause


class _Running:
    """A spec, its live child, and when to try again after its death."""

    def __init__(self, spec: ProcessSpec) -> None:
        self.spec = spec
        self.child: subprocess.Popen[bytes] | None = None
        self.since = 0.0
        self.failures = 0
        self.due = 0.0


class ProcessRunner:
    """Children by name: logs in `log_dir/<name>.log`, pid files in `run_dir/<name>.pid`.

    One runner per `run_dir` at a time: a lock file sees to it. A child that dies is started
    again, after a pause that grows while it keeps dying.
    """

    def __init__(self, run_dir: Path, log_dir: Path) -> None:
        self.run_dir = run_dir
        self.log_dir = log_dir
        self._running: dict[str, _Running] = {}
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None
        self._lock_fd: int | None = None

    def open(self) -> None:
        """Take the lock, and end children that a killed runner left.

        Raises:
            DevnetError: when another runner holds the lock.
        """
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self._lock_fd = os.open(self.run_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock_fd)
            self._lock_fd = None
            raise DevnetError(
                f"a network already runs here (it holds {self.run_dir / 'lock'}): stop it first"
            ) from None
        for file in sorted(self.run_dir.glob("*.pid")):
            _end_leftover(file)
        self._closing.clear()
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)
        self._watcher.start()

    def start(self, spec: ProcessSpec) -> None:
        """Start a child and keep it running until `stop` or `close`."""
        with self._lock:
            running = self._running.setdefault(spec.name, _Running(spec))
            if running.child is None:
                running.spec = spec
                self._spawn(running)

    def pid(self, name: str) -> int:
        """The pid of a running child.

        Raises:
            DevnetError: if it does not run now.
        """
        with self._lock:
            running = self._running.get(name)
            if running is None or running.child is None:
                raise DevnetError(f"{name} does not run")
            return running.child.pid

    def kill(self, name: str) -> None:
        """Kill -9 a child's whole group; the runner starts it again."""
        kill_group(self.pid(name))

    def stop(self, *names: str) -> None:
        """Stop children, all at once, and keep them stopped."""
        with self._lock:
            stopping = [self._running.pop(name) for name in names if name in self._running]
        children = [(r.child, r.spec) for r in stopping if r.child is not None]
        threads = [
            threading.Thread(target=_finish, args=(child, spec.stop_signal))
            for child, spec in children
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for running in stopping:
            self._pid_file(running.spec.name).unlink(missing_ok=True)

    def close(self) -> None:
        """Stop what still runs, and give the lock back."""
        self.stop(*self.names())
        self._closing.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def names(self) -> list[str]:
        """The children that are kept running."""
        with self._lock:
            return list(self._running)

    def failures(self, name: str) -> int:
        """How often in a row a child has died young."""
        with self._lock:
            return self._running[name].failures if name in self._running else 0

    def log_tail(self, name: str) -> str:
        """The end of a child's log."""
        return tail(self.log_file(name))

    def log_file(self, name: str) -> Path:
        """Where a child's output goes."""
        return self.log_dir / f"{name}.log"

    def _pid_file(self, name: str) -> Path:
        return self.run_dir / f"{name}.pid"

    def _spawn(self, running: _Running) -> None:
        running.child = spawn(running.spec, self.log_file(running.spec.name))
        running.since = time.monotonic()
        pid = running.child.pid
        self._pid_file(running.spec.name).write_text(f"{pid} {started_at(pid) or 0}\n")

    def _watch(self) -> None:
        # The kernel counts the thread that started a child as its parent, so this thread
        # ends only after the children that it brought back.
        while not self._closing.wait(WATCH_S):
            with self._lock:
                for running in self._running.values():
                    self._revive(running)

    def _revive(self, running: _Running) -> None:
        now = time.monotonic()
        if running.child is not None and running.child.poll() is not None:
            kill_group(running.child.pid)  # its own children hold its port
            running.child = None
            steady = now - running.since > STEADY_S
            running.failures = 0 if steady else running.failures + 1
            pause = RESTART_PAUSE_S * 2 ** min(running.failures, 8)
            running.due = now + (0 if steady else min(pause, RESTART_PAUSE_MAX_S))
        if running.child is None and now >= running.due:
            self._spawn(running)


def _finish(child: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    reaper = threading.Thread(target=child.wait)
    reaper.start()
    end(child.pid, stop_signal, grace_s=STOP_GRACE_S)
    reaper.join()


def _end_leftover(file: Path) -> None:
    """End the child that a pid file names, if it is still that same process."""
    try:
        pid, start = (int(part) for part in file.read_text().split())
    except ValueError:  # a crash while it was written
        file.unlink()
        return
    if started_at(pid) == start:
        end(pid, signal.SIGTERM, grace_s=STOP_GRACE_S)
    file.unlink()
