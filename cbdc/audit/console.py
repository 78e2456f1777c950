"""What people do at the institution's own console is logged as done there."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass, getuser

from cbdc.audit.services import acting_from


def here() -> str:
    """Who is at which machine's console, as the machine says."""
    return f"console {getuser()}@{socket.gethostname()}"


def typed(prompt: str) -> str:
    """What somebody types unseen; a line of the input where there is no terminal."""
    return getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


@contextmanager
def at_console() -> Iterator[None]:
    """Log what happens in the block as done at this console."""
    with acting_from(here):
        yield
