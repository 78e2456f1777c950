"""`make demo` as a newcomer runs it, in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cbdc.devnet.network import members
from cbdc.devnet.sockets import free_port_block, require_free_port
from cbdc.devnet.stack import ROOT

pytestmark = pytest.mark.system

DEMO_TIMEOUT_S = 240
SOON_S = 60


def start_demo(state: Path, port: int, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cbdc.devnet.demo"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": "",
            "DEVNET_STATE_DIR": str(state),
            "DEVNET_PORT": str(port),
            "SETTLEMENT_PERIOD_S": "3",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def processes_using(folder: Path) -> list[str]:
    """Command lines of the living processes that name the folder or work for it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "cmdline").read_text() + (process / "environ").read_text()
        except OSError:
            continue
        if str(folder) in text and process.name != str(os.getpid()):
            found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def assert_gone(state: Path, port: int) -> None:
    assert processes_using(state) == []
    for member in members(port):
        require_free_port(member.port, member.name)


def test_once_plays_the_story_and_leaves_nothing_running(tmp_path: Path) -> None:
    port = free_port_block(len(members(0)))
    demo = start_demo(tmp_path, port, ONCE="1")
    output, _ = demo.communicate(timeout=DEMO_TIMEOUT_S)
    assert demo.returncode == 0, output
    assert "settled by moving tokens" in output
    assert "2 of 2" in output  # audits held
    assert_gone(tmp_path, port)

    again = start_demo(tmp_path, port)
    assert again.stdout is not None
    for line in again.stdout:
        if "Running until Ctrl-C" in line:
            break
    again.send_signal(signal.SIGINT)
    rest, _ = again.communicate(timeout=SOON_S)
    assert again.returncode == 0, rest
    assert_gone(tmp_path, port)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    port = free_port_block(len(members(0)))
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port + 1))
        holder.listen()
        demo = start_demo(tmp_path, port, ONCE="1")
        output, _ = demo.communicate(timeout=SOON_S)
    assert demo.returncode == 1
    assert f"port {port + 1}" in output
    assert "DEVNET_PORT" in output
    assert_gone(tmp_path, port)
