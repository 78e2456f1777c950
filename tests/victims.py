"""Work in a process of its own that is killed with SIGKILL in the middle.

A victim sets Django up once, and forks a child for each order: a JSON line in, and when the child
is dead a line out that says by which signal.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

from cbdc.devnet.stack import ROOT

# What `tests.support.acting_as` sets for an institution of a test.
_IDENTITY = (
    "INSTITUTION",
    "INSTITUTION_NUMBER",
    "INSTITUTION_NAME",
    "INSTITUTION_KEY_FILE",
    "ISSUER_KEY_FILE",
    "CENTRAL_BANK_PUBLIC_KEY",
    "PUBLIC_BASE_URL",
    "CENTRAL_BANK_URL",
    "ROOT_URLCONF",
)

Order = dict[str, Any]


class Victim:
    """A victim that waits for orders."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def carry_out(self, order: Order) -> int:
        """By which signal the child of the order ended; 0 when it came to its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(json.loads(self._process.stdout.readline())["signal"])


@contextmanager
def victim(module: str) -> Iterator[Victim]:
    """The module as a process over the current database, with the current identity."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.killed_settings",
            "KILLED_DATABASE": str(connection.settings_dict["NAME"]),
            "KILLED_SETTINGS": " ".join(_IDENTITY),
            **{f"KILLED_{name}": str(getattr(settings, name)) for name in _IDENTITY},
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Victim(process)
    finally:
        process.kill()
        process.communicate()


def serve(act: Callable[[Order], None]) -> None:
    """In the victim: a child for each order, which carries it out and, if `act` lets it, lives."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            ended = 1
            try:
                act(json.loads(line))
                ended = 0
            finally:
                os._exit(ended)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
            sys.exit("the child failed")
        signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        print(json.dumps({"signal": signal}), flush=True)
