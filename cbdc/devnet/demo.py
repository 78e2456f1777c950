"""`make demo`: the network on this machine, a story with real requests, and URLs to try.

ONCE=1 ends after the story, with exit 0 only if every audit held. DEVNET_PORT moves the
ports; DATABASE_URL (with `{institution}`) and BROKER_URL name real servers.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from cbdc.devnet.children import DevnetError
from cbdc.devnet.network import BASE_PORT
from cbdc.devnet.stack import ROOT, Devnet

console = Console()
WAIT_S = 1.0
_interrupted = threading.Event()


def main() -> int:
    """Run the demo; returns the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    started = time.monotonic()

    def progress(step: str) -> None:
        console.print(f"[green]✓[/] {escape(step)} [dim]{time.monotonic() - started:.1f} s[/]")

    try:
        devnet = Devnet(
            Path(os.environ.get("DEVNET_STATE_DIR") or ROOT / "var"),
            _base_port(),
            database_url=os.environ.get("DATABASE_URL") or None,
            broker_url=os.environ.get("BROKER_URL") or None,
            progress=progress,
        )
        with devnet:
            return _play(devnet)
    except DevnetError as error:
        console.print(f"[red]The demo cannot start:[/] {escape(str(error))}")
        return 1
    except PermissionError as error:
        console.print(f"[red]The demo cannot start:[/] no right to {escape(str(error.filename))}")
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 0


def _play(devnet: Devnet) -> int:
    from cbdc.devnet.story import run

    held = run(devnet.network)
    if os.environ.get("ONCE") == "1":
        return 0 if held else 1
    console.print(f"Running until Ctrl-C. Logs: {devnet.runner.log_dir}")
    while not _interrupted.wait(WAIT_S):
        pass
    raise KeyboardInterrupt


def _base_port() -> int:
    text = os.environ.get("DEVNET_PORT") or str(BASE_PORT)
    if not text.isdecimal() or not 1024 <= int(text) <= 65532:
        raise DevnetError(f"DEVNET_PORT is {text!r}: choose a port from 1024 to 65532")
    return int(text)


def _interrupt(number: int, frame: object) -> None:
    _interrupted.set()  # Python drops an exception that is raised in a destructor
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
