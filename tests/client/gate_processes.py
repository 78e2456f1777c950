"""Gates as real processes that a test kills: each run is one, on a state folder that stays."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL


@dataclass
class GateProcesses:
    """Runs gates of one station, one at a time. `opened` are the ids of the taps for which they
    opened, as far as they came to say so."""

    forker: subprocess.Popen[str]
    folder: Path
    key: str
    bank: str
    central_bank: str
    opened: list[str] = field(default_factory=list)
    pid: int = 0  # of the gate that runs now

    def run(
        self,
        readings: Sequence[str] = (),
        *,
        state: str = "state",
        offline: bool = False,
        die_at: int | None = None,
        begins: datetime | None = None,
        step_s: float = 0.0,
    ) -> int:
        """Let a gate read these and end, or be killed; its exit status."""
        self.folder.mkdir(exist_ok=True)
        key_file, out = self.folder / "key", self.folder / "out"
        key_file.write_text(self.key)
        out.write_text("")
        options = ["--station", "harbour", "--gate-id", "G1", "--direction", "entry"]
        options += ["--state", str(self.folder / state), "--key-file", str(key_file)]
        links = ["--bank", self.bank, "--central-bank", self.central_bank]
        self._tell(
            options=[*options, *(["--offline"] if offline else links)],
            readings=list(readings),
            out=str(out),
            log=str(self.folder / "log"),
            die_at=die_at,
            begins=None if begins is None else begins.isoformat(),
            step_s=step_s,
        )
        self.pid = int(self._told()["pid"])
        status = int(self._told()["status"])
        words = [line.split() for line in out.read_text().splitlines()]
        self.opened += [line[1] for line in words if line[0] == "open" and "again" not in line]
        assert status in (0, KILLED), (self.folder / "log").read_text()
        return status

    def kill(self) -> None:
        """kill -9 the gate that runs now."""
        os.kill(self.pid, signal.SIGKILL)

    def _tell(self, **job: Any) -> None:
        assert self.forker.stdin is not None
        self.forker.stdin.write(json.dumps(job) + "\n")
        self.forker.stdin.flush()

    def _told(self) -> dict[str, Any]:
        assert self.forker.stdout is not None
        answer: dict[str, Any] = json.loads(self.forker.stdout.readline())
        return answer


@contextmanager
def gate_processes(folder: Path, *, key: str, bank: str, central_bank: str = "") -> Iterator[Any]:
    """Gates on a folder, of an operator with this key."""
    command = [sys.executable, "-m", "tests.client.gate_forker"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as forker:
        yield GateProcesses(forker, folder, key, bank, central_bank or bank)
