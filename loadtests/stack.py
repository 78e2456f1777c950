"""The network under load: one that `make load` starts, or one that runs already."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from cbdc.client.transport import LOOPBACK
from cbdc.devnet.children import DevnetError
from cbdc.devnet.network import Network, members
from cbdc.devnet.sockets import free_port_block
from cbdc.devnet.stack import Devnet
from wallets.loadtest.undecided import UNDECIDED

# Cycles close and settle meanwhile, and no bank runs out of guarantee.
ENVIRONMENT = {"SETTLEMENT_PERIOD_S": "10", "GUARANTEE_TARGET": str(10**9)}
MIB = 2**20
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stack:
    """`books` is None where only the public side of the network can be reached."""

    central_bank: str
    books: Devnet | None
    is_own: bool

    @property
    def network(self) -> Network | None:
        return self.books.network if self.books is not None else None

    def manage(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` at an institution."""
        if self.books is None:
            raise DevnetError("the institutions of this network cannot be managed from here")
        return self.books.manage(code, *arguments)

    def pids(self) -> dict[str, int]:
        """The processes of the network that run on this machine, by name."""
        if self.books is None:
            return {}
        return dict(_pids(self.books.runner.run_dir))


@contextmanager
def own(folder: Path, *, keep: bool, progress: Progress) -> Iterator[Stack]:
    """A new network over `folder`, gone when the block ends; its data stays for a look.

    With `keep` it goes on with the data of the last run.
    """
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    port = free_port_block(len(members(0)))
    devnet = Devnet(
        folder,
        port,
        environment=ENVIRONMENT,
        postgres_settings=postgres_settings(),
        progress=progress,
    )
    with devnet:
        yield Stack(devnet.network.central_bank.base_url, devnet, is_own=True)


def running(central_bank: str, state: Path) -> Stack:
    """The network whose central bank answers at that URL; its books, if they are in `state`."""
    parts = urlsplit(central_bank)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DevnetError(f"HOST is {central_bank!r}: it must be the central bank's URL")
    url = f"{parts.scheme}://{parts.netloc}"
    if parts.hostname not in LOOPBACK or not (state / "devnet" / "central-bank").is_dir():
        return Stack(url, None, is_own=False)
    devnet = Devnet(state, parts.port or 80)
    devnet.network.prepare()
    if devnet.postgres is not None and not devnet.postgres.answers():
        return Stack(url, None, is_own=False)
    return Stack(url, devnet, is_own=False)


def postgres_settings() -> dict[str, str]:
    """Full durability, and memory as a server of this size would have."""
    quarter = psutil.virtual_memory().total // 4 // MIB
    return {
        "shared_buffers": f"{min(max(quarter, 128), 8192)}MB",
        "max_wal_size": "8GB",
        "checkpoint_timeout": "15min",
    }


def seed(stack: Stack, *, wallets: int, keys: Path, progress: Progress) -> None:
    """Have that many wallets at each bank.

    Raises:
        DevnetError: with what `seed_load` said.
    """
    assert stack.network is not None  # noqa: S101 - the caller has looked
    banks = [bank.code for bank in stack.network.banks]

    def one(code: str) -> str:
        file = str(keys / f"{code}.json")
        done = stack.manage(code, "seed_load", "--wallets", str(wallets), "--file", file)
        if done.returncode != 0:
            raise DevnetError(f"seed_load at {code} failed:\n{done.stdout}{done.stderr}")
        return done.stdout.splitlines()[-1]

    with ThreadPoolExecutor(len(banks)) as pool:
        for said in pool.map(one, banks):
            progress(said)


def waiting(stack: Stack) -> dict[str, int]:
    """What is not at its end at each bank: payments without a decision, messages on their way."""
    assert stack.network is not None  # noqa: S101 - the caller has looked
    found = {}
    for bank in stack.network.banks:
        with psycopg.connect(stack.network.database_url(bank.code)) as connection:
            row = connection.execute(UNDECIDED).fetchone()
            found[bank.code] = sum(row or ())
    return found


def _pids(run_dir: Path) -> Iterator[tuple[str, int]]:
    for file in sorted(run_dir.glob("*.pid")):
        try:
            yield file.stem, int(file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            continue  # it is just being written, or removed
