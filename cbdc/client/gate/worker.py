"""What the gate does beside deciding: keys, the deny list, the upload of taps, and tidying up.

Whatever happens on the network happens here, so the gate never waits for it; and each link has
a lane of its own, so a central bank that hangs does not hold up the taps.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.gate import taps
from cbdc.client.gate.chores import Chore, Trouble
from cbdc.client.gate.clock import Ear, clock_off
from cbdc.client.gate.lane import Lane
from cbdc.client.gate.refreshing import refresh_deny_list, refresh_keys
from cbdc.client.gate.store import Store
from cbdc.client.gate.uploading import Uploader
from cbdc.client.operator_client import OperatorClient
from cbdc.client.transport import READ_TIMEOUT_S, Transport
from cbdc.clock import now

KEYS_EVERY_S = 300.0
DENY_LIST_EVERY_S = 30.0
UPLOAD_EVERY_S = 1.0
CLOCK_EVERY_S = 10.0
TIDY_EVERY_S = 600.0
KEEP_DAYS = 7  # of taps that the bank has
# Of taps that it did not take. A rider may dispute a charge, and an operator its statement, until
# the year's books are closed: a year, and a month to close them.
KEEP_REFUSED_DAYS = 400


@dataclass(frozen=True, slots=True)
class Links:
    """Where the bank and the central bank are. `read_key` gives the secret key, anew for each
    call, so that a key that was replaced needs no restart."""

    bank: str
    central_bank: str
    read_key: Callable[[], str]
    read_timeout_s: float = READ_TIMEOUT_S


class Worker:
    """Works for the gates of a state folder; without `links` it only tidies up."""

    def __init__(
        self,
        folder: Path,
        links: Links | None,
        *,
        keep_days: int = KEEP_DAYS,
        keep_refused_days: int = KEEP_REFUSED_DAYS,
    ) -> None:
        keep, keep_refused = timedelta(days=keep_days), timedelta(days=keep_refused_days)
        self._links: list[Lane] = []
        if links is not None:
            self._links = [
                Lane("bank", folder, lambda store: _bank(store, links), last="upload"),
                Lane("central-bank", folder, lambda store: _central_bank(store, links)),
            ]
        house = Lane("house", folder, lambda store: _house(store, keep, keep_refused))
        self._lanes = [*self._links, house]

    def start(self) -> None:
        """Begin, in threads."""
        for lane in self._lanes:
            lane.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until both links were tried; True if they were."""
        until = time.monotonic() + timeout_s
        return all(
            lane.first_round.wait(max(until - time.monotonic(), 0.0)) for lane in self._links
        )

    def finish(self, timeout_s: float) -> None:
        """Send what is pending, unless the bank is known to be away, and end."""
        until = time.monotonic() + timeout_s
        for lane in self._lanes:
            lane.finish(until)
        for lane in self._links[:1]:  # the bank's: nothing of the others is lost
            lane.join(timeout_s)


def _bank(store: Store, links: Links) -> list[Chore]:
    transport = heard_transport(store, links.bank, links.read_timeout_s)

    def operator() -> OperatorClient:
        return OperatorClient(links.bank, links.read_key(), transport=transport)

    # Taps first: a bank that hangs over its deny list must not keep them here.
    return [
        Chore("upload", Uploader(store, operator).upload, UPLOAD_EVERY_S),
        Chore("deny_list", lambda: refresh_deny_list(store, operator()), DENY_LIST_EVERY_S),
    ]


def _central_bank(store: Store, links: Links) -> list[Chore]:
    transport = heard_transport(store, links.central_bank, links.read_timeout_s)
    central_bank = CentralBankClient(links.central_bank, transport=transport)
    return [Chore("keys", lambda: refresh_keys(store, central_bank), KEYS_EVERY_S)]


def _house(store: Store, keep: timedelta, keep_refused: timedelta) -> list[Chore]:
    def clock() -> None:
        off = clock_off(store, now())
        if off:
            where = "ahead of the bank's" if off > timedelta(0) else "before what has happened"
            raise Trouble(f"it is {abs(off)} {where}: set it right")

    def tidy() -> None:
        moment = now()
        taps.prune(store, sent_before=moment - keep, refused_before=moment - keep_refused)
        store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    return [Chore("clock", clock, CLOCK_EVERY_S), Chore("tidy", tidy, TIDY_EVERY_S)]


def heard_transport(store: Store, url: str, read_timeout_s: float) -> Transport:
    """Sends once, since it is the chore that tries again, and notes what time it is there."""
    session = requests.Session()
    session.hooks["response"].append(Ear(store))
    return Transport(url, attempts_max=1, read_timeout_s=read_timeout_s, session=session)
