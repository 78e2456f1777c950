"""Unix sockets in private folders, and TCP ports: what a local server listens on."""

import hashlib
import os
import socket
import tempfile
from pathlib import Path

from cbdc.devnet.children import DevnetError

FOLDER_BYTES_MAX = 85  # a unix socket's whole path must stay under 108 bytes
HOST = "127.0.0.1"


def short_socket_dir(data_dir: Path) -> Path:
    """The folder for a server's socket: beside its data when the path is short enough, else
    in the temporary folder; the same one on every start."""
    folder = data_dir.with_name(data_dir.name + ".socket")
    if len(os.fsencode(folder)) <= FOLDER_BYTES_MAX:
        return folder
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cbdc-{os.getuid()}-{digest}"


def make_private_dir(folder: Path, *, owner: int | None = None) -> None:
    """Make a folder that only its owner enters.

    Raises:
        DevnetError: if it is there and belongs to someone else.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in {os.getuid(), owner}:
        raise DevnetError(f"{folder} belongs to someone else: remove it and start again")
    folder.chmod(0o700)
    if owner is not None:
        os.chown(folder, owner, -1)


def answers(path: Path, question: bytes, answer: bytes) -> bool:
    """Whether a server on a unix socket gives the expected answer."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1)
            connection.connect(str(path))
            connection.sendall(question)
            return connection.recv(64).startswith(answer)
    except OSError:
        return False


def require_free_port(port: int, whose: str) -> None:
    """Refuse to start on a taken port.

    Raises:
        DevnetError: naming the port and the setting that moves it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DevnetError(
                f"port {port}, wanted by {whose}, is taken: stop what listens there, or choose "
                f"another first port, for example DEVNET_PORT={port % 50000 + 1000}"
            ) from error


def free_port_block(count: int) -> int:
    """The first of `count` ports in a row that are free now, for tests."""
    for first in range(20000 + os.getpid() % 5000, 32000, count):
        try:
            for port in range(first, first + count):
                require_free_port(port, "a test")
        except DevnetError:
            continue
        return first
    raise DevnetError(f"no {count} free ports in a row")
