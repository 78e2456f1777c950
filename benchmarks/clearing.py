"""Payments between banks: how long until `completed`, at a steady rate.

    python -m benchmarks.clearing [--rate 200] [--http-rate 50] [--seconds 20]

Starts four institutions, PostgreSQL and Valkey; each of three banks pays the next one, whether
or not earlier payments have completed (an open loop). Two ways: at `--rate`, each payment begun
by its bank's own service, in a transaction of its own, which measures clearing; and at
`--http-rate`, by signed requests of holders, which adds the banks' web front. The requests are
signed before the clock starts; every twentieth carries `Prefer: wait`, which shows from outside
what the other rows take from the payer bank's table.
"""

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg

from benchmarks.figures import percentile, table
from cbdc.client.central_bank import CentralBankClient
from cbdc.client.device import Device
from cbdc.client.devnet import DevnetClient
from cbdc.client.wallet_client import WalletClient
from cbdc.crypto.http_signatures import HOLDER_COMPONENTS, sign_request
from cbdc.devnet.network import Member, members
from cbdc.devnet.sockets import HOST, free_port_block
from cbdc.devnet.stack import ROOT, Devnet
from cbdc.identifiers import new_id

PATH = "/api/v1/payments"
LIFE_S = 290  # of a request's signature: it is made long before it is sent
PURSE = 1_000_00
HOLDERS = 12  # of each bank
SENDERS = 24  # threads; each waits for an answer before it sends again
WAITING_SHARE = 20
READY_S = 60.0
DRAIN_S = 60.0
WARM_UP_S = 4.0
SOURCES_START_S = 1.0
ENVIRONMENT = {"SETTLEMENT_PERIOD_S": "15"}  # cycles close and settle meanwhile
HEAD = ["", "payments/s", "completed", "median ms", "p90", "p99", "max"]


@dataclass(slots=True)
class Purse:
    """A wallet of a bank, with what signs for it."""

    bank: Member
    device: Device
    token: str

    @property
    def wallet_id(self) -> str:
        return self.device.wallet_id or ""


@dataclass(slots=True)
class Request:
    """A signed payment; `sent` and `answered` are filled in when it goes out."""

    port: int
    headers: dict[str, str]
    body: bytes
    waits: bool
    sent: float = 0.0
    answered: float = 0.0
    payment_id: str = ""
    status: str = ""


@dataclass(slots=True)
class Load:
    """The requests in the order of their time, taken by threads one by one."""

    requests: Sequence[Request]
    rate: float
    taken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    starts: float = 0.0

    def run(self) -> None:
        """Send all, each at its time."""
        self.starts = time.monotonic() + 0.2
        threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self) -> None:
        connections: dict[int, http.client.HTTPConnection] = {}
        while True:
            with self.lock:
                number = self.taken
                self.taken += 1
            if number >= len(self.requests):
                return
            request = self.requests[number]
            pause = self.starts + number / self.rate - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            connection = connections.setdefault(
                request.port, http.client.HTTPConnection(HOST, request.port, timeout=30)
            )
            request.sent = time.time()
            connection.request("POST", PATH, request.body, request.headers)
            answer = connection.getresponse()
            content = answer.read()
            request.answered = time.time()
            if answer.status != 201:
                raise RuntimeError(f"{answer.status}: {content[:300]!r}")
            body = json.loads(content)
            request.payment_id, request.status = body["payment_id"], body["status"]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rate", type=float, default=200.0, help="payments a second")
    parser.add_argument("--http-rate", type=float, default=50.0, help="0 leaves this way out")
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cbdc-bench-") as folder:
        port = free_port_block(len(members(0)))
        with Devnet(Path(folder), port, environment=ENVIRONMENT) as devnet:
            purses = open_purses(devnet)
            rows = by_service(devnet, arguments.rate, arguments.seconds)
            if arguments.http_rate:
                rows += by_http(devnet, purses, arguments.http_rate, arguments.seconds)
    print(table(HEAD, rows))
    return 0


def open_purses(devnet: Devnet) -> list[Purse]:
    """Funded wallets; those of the banks stand in turn."""
    return [_purse(devnet, bank, n) for n in range(HOLDERS) for bank in devnet.network.banks]


def by_service(devnet: Devnet, rate: float, seconds: float) -> list[list[str]]:
    """The row of payments that the banks' own services begin."""
    banks = devnet.network.banks
    sources = [_source(devnet, bank, rate / len(banks), WARM_UP_S + seconds) for bank in banks]
    wallets = [source.readline() for source in sources]
    for number, source in enumerate(sources):
        source.write(wallets[(number + 1) % len(banks)])
    if any(source.readline() != "ready\n" for source in sources):
        raise RuntimeError("a source of payments did not start")
    starts = time.time() + SOURCES_START_S
    for source in sources:
        source.write(f"{starts}\n")
    if any(source.child.wait() != 0 for source in sources):
        raise RuntimeError("a source of payments failed")
    since = starts + WARM_UP_S  # what was begun before warmed the servers up
    took, sent, until = _finished(devnet, since)
    # Sources that cannot keep up begin the rest later: what counts is the rate that they reached.
    reached = sent / (until - since)
    return [_row("the bank's commit → completed", f"{reached:.0f}", took, sent)]


@dataclass(slots=True)
class Source:
    """A process of `benchmarks.clearing_source`, spoken to line by line."""

    child: subprocess.Popen[str]

    def readline(self) -> str:
        return self.child.stdout.readline() if self.child.stdout is not None else ""

    def write(self, line: str) -> None:
        if self.child.stdin is not None:
            self.child.stdin.write(line)
            self.child.stdin.flush()


def _source(devnet: Devnet, bank: Member, rate: float, seconds: float) -> Source:
    command = [sys.executable, "-m", "benchmarks.clearing_source", str(rate), str(seconds)]
    return Source(
        subprocess.Popen(
            command,
            env=devnet.network.environment(bank.code),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    )


def by_http(
    devnet: Devnet, purses: Sequence[Purse], rate: float, seconds: float
) -> list[list[str]]:
    """The rows of payments that holders order."""
    Load(_requests(purses, int(rate * WARM_UP_S)), rate).run()
    requests = _requests(purses, int(rate * seconds))
    Load(requests, rate).run()
    sent_s = max(request.answered for request in requests) - min(r.sent for r in requests)
    decided = _decided(devnet, requests)
    took = [decided[r.payment_id] - r.sent for r in requests if r.payment_id in decided]
    waited = [r.answered - r.sent for r in requests if r.waits and r.status == "completed"]
    posts = [r.answered - r.sent for r in requests if not r.waits]
    at = f"{len(requests) / sent_s:.0f}"
    return [
        _row("a holder's request → completed", at, took, len(requests)),
        _row("the same, as the holder sees it (`Prefer: wait`)", at, waited, len(waited)),
        _row("a holder's request → its answer, `pending`", at, posts, len(posts)),
    ]


def _finished(devnet: Devnet, since: float) -> tuple[list[float], int, float]:
    """Of payments begun since then: seconds to their decision, how many, when the last began."""
    query = (
        "SELECT extract(epoch FROM decided_at - created_at)::float8, status,"
        " extract(epoch FROM created_at)::float8"
        " FROM bank_clearing_interbankpayment"
        " WHERE direction = 'out' AND created_at >= to_timestamp(%s)"
    )
    deadline = time.monotonic() + DRAIN_S
    while True:
        rows: list[tuple[float, str, float]] = []
        for bank in devnet.network.banks:
            with psycopg.connect(devnet.network.database_url(bank.code)) as connection:
                rows += connection.execute(query, [since]).fetchall()
        if time.monotonic() > deadline or all(status != "pending" for _, status, _ in rows):
            completed = [took for took, status, _ in rows if status == "completed"]
            return completed, len(rows), max(at for _, _, at in rows)
        time.sleep(0.5)


def _row(name: str, rate: str, seconds: Sequence[float], asked: int) -> list[str]:
    values = sorted(seconds)
    figures = [percentile(values, share) * 1000 for share in (0.5, 0.9, 0.99, 1.0)]
    return [name, rate, f"{len(values)} of {asked}", *(f"{figure:.0f}" for figure in figures)]


def _purse(devnet: Devnet, bank: Member, index: int) -> Purse:
    page = DevnetClient(bank.base_url)
    person = page.seed().people[index]
    device = Device(person.phone)
    client = WalletClient(bank.base_url, device)
    client.confirm(client.enrol(), page.otp(person.phone))
    deadline = time.monotonic() + READY_S
    central_bank = CentralBankClient(devnet.network.central_bank.base_url)
    while not central_bank.supply().locked.get(bank.code, 0):
        if time.monotonic() > deadline:
            raise RuntimeError("the banks got no tokens")
        time.sleep(0.2)
    client.top_up(PURSE, person.deposit_account)
    return Purse(bank, device, client.access_token())


def _requests(purses: Sequence[Purse], number: int) -> list[Request]:
    """Each purse pays one of the next bank: purses of the banks stand in turn."""
    made = []
    for index in range(number):
        payer, payee = purses[index % len(purses)], purses[(index + 1) % len(purses)]
        body = json.dumps(
            {"payer_wallet": payer.wallet_id, "payee_wallet": payee.wallet_id, "amount": 1}
        ).encode()
        headers = {
            "Authorization": f"Bearer {payer.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(new_id()),
        }
        created = int(time.time())
        signed = sign_request(
            method="POST",
            path=PATH,
            authority=f"{HOST}:{payer.bank.port}",
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
            key=payer.device.key,
            keyid=payer.device.device_id or "",
            components=HOLDER_COMPONENTS,
            created=created,
            expires=created + LIFE_S,
            nonce=None,
        )
        waits = index % WAITING_SHARE == 0
        prefer = {"Prefer": "wait=10"} if waits else {}
        made.append(Request(payer.bank.port, {**headers, **signed, **prefer}, body, waits))
    return made


def _decided(devnet: Devnet, requests: Sequence[Request]) -> dict[str, float]:
    """When each payment was completed, once all are decided, or no more come for a while."""
    wanted = {request.payment_id for request in requests}
    deadline = time.monotonic() + DRAIN_S
    while True:
        found: dict[str, float] = {}
        for bank in devnet.network.banks:
            found |= _completed_at(devnet.network.database_url(bank.code), wanted)
        if len(found) == len(wanted) or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def _completed_at(url: str, wanted: set[str]) -> dict[str, float]:
    query = (
        "SELECT payment_id::text, decided_at FROM bank_clearing_interbankpayment"
        " WHERE direction = 'out' AND status = 'completed'"
    )
    with psycopg.connect(url) as connection:
        rows: list[tuple[str, datetime]] = connection.execute(query).fetchall()
    return {payment_id: at.timestamp() for payment_id, at in rows if payment_id in wanted}


if __name__ == "__main__":
    sys.exit(main())
