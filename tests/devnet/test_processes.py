"""The process runner, with `sh` and `sleep` as children."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cbdc.devnet.children import DevnetError, ProcessSpec, started_at
from cbdc.devnet.processes import ProcessRunner
from cbdc.devnet.sockets import HOST, require_free_port

SLEEPER = ProcessSpec("sleeper", ["sleep", "600"])
WAIT_S = 10.0
LOST_RUNNER = """
import sys, time
from pathlib import Path
from cbdc.devnet.children import ProcessSpec
from cbdc.devnet.processes import ProcessRunner
runner = ProcessRunner(Path(sys.argv[1]), Path(sys.argv[1]))
runner.open()
runner.start(ProcessSpec("sleeper", ["sleep", "600"]))
print(runner.pid("sleeper"), flush=True)
time.sleep(600)
"""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[ProcessRunner]:
    opened = ProcessRunner(tmp_path / "run", tmp_path / "log")
    opened.open()
    yield opened
    opened.close()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_child_is_started_again(runner: ProcessRunner) -> None:
    runner.start(SLEEPER)
    first = runner.pid("sleeper")

    runner.kill("sleeper")

    _wait_until(lambda: started_at(first) is None and _pid(runner) not in {None, first})


def _pid(runner: ProcessRunner) -> int | None:
    try:
        return runner.pid("sleeper")
    except DevnetError:
        return None


def test_grandchildren_end_with_their_child(runner: ProcessRunner, tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    script = f"sleep 600 & echo $! > {note}.new; mv {note}.new {note}; wait"
    runner.start(ProcessSpec("parent", ["sh", "-c", script]))
    _wait_until(note.exists)
    grandchild = int(note.read_text())

    runner.stop("parent")

    _wait_until(lambda: started_at(grandchild) is None)


def test_close_leaves_no_child_and_no_pid_file(tmp_path: Path) -> None:
    runner = ProcessRunner(tmp_path, tmp_path)
    runner.open()
    runner.start(SLEEPER)
    pid = runner.pid("sleeper")

    runner.close()

    assert started_at(pid) is None
    assert list(tmp_path.glob("*.pid")) == []


def test_second_runner_in_one_folder_is_refused(runner: ProcessRunner) -> None:
    with pytest.raises(DevnetError, match="already runs"):
        ProcessRunner(runner.run_dir, runner.log_dir).open()


def test_children_end_when_their_runner_is_killed(tmp_path: Path) -> None:
    lost = subprocess.Popen(
        [sys.executable, "-c", LOST_RUNNER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert lost.stdout is not None
    with lost.stdout:
        child = int(lost.stdout.readline())
    lost.kill()
    lost.wait()

    _wait_until(lambda: started_at(child) is None)


def test_output_goes_to_the_log(runner: ProcessRunner) -> None:
    runner.start(ProcessSpec("speaker", ["sh", "-c", "echo a word; sleep 600"]))
    _wait_until(lambda: "a word" in runner.log_tail("speaker"))


def test_taken_port_is_named_with_the_setting_that_moves_it() -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(DevnetError, match=rf"port {port}, wanted by Harbor Bank.*DEVNET_PORT="):
            require_free_port(port, "Harbor Bank")
