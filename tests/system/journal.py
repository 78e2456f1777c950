"""A client that writes down what it means to do before it does it, and compares at the end."""

import json
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cbdc.client.models import Transaction
from cbdc.client.transport import ApiProblem, Transport, Unreachable
from cbdc.client.wallet_client import WalletClient
from cbdc.identifiers import new_id
from tests.system.support import Holder

ATTEMPTS_MAX = 2  # then the payment is unknown, and is resolved at the end
READ_TIMEOUT_S = 6.0
RESOLVE_TIMEOUT_S = 60.0  # of one payment
ENDED_TIMEOUT_S = 180.0
POLL_S = 0.25
PAUSE_S = 0.03  # of a payer between two payments
REFUSED_SHARE = 0.08
# What says nothing of this payment: a gateway's page, a request that came garbled, no turn now.
NO_VERDICT = frozenset({400, 401, 408, 413, 415, 429})


@dataclass
class Line:
    """One payment: what was meant, and what came of it."""

    key: str
    payee: str
    amount: int
    outcome: str = "unknown"  # then accepted, or refused
    payment_id: str = ""
    code: str = ""


@dataclass
class Journal:
    """The payments of one payer, on disk before they are sent."""

    payer: Holder
    payees: list[str]
    beyond: int  # fen, more than the payer has: to be refused
    path: Path
    random: random.Random
    lines: dict[str, Line] = field(default_factory=dict)

    def client(self) -> WalletClient:
        transport = Transport(
            self.payer.base_url, attempts_max=ATTEMPTS_MAX, read_timeout_s=READ_TIMEOUT_S
        )
        return WalletClient(self.payer.base_url, self.payer.device, transport=transport)

    def run(self, stop: threading.Event) -> None:
        """Pay until told to stop."""
        client = self.client()
        while not stop.is_set():
            refused = self.random.random() < REFUSED_SHARE
            line = Line(
                key=str(new_id()),
                payee=self.random.choice(self.payees),
                amount=self.beyond if refused else self.random.randint(1, 9),
            )
            self.lines[line.key] = line
            self._write(line)  # before it is sent
            self.send(client, line)
            time.sleep(PAUSE_S)

    def send(self, client: WalletClient, line: Line) -> None:
        """Send once; the outcome of a line that has one must be the same again."""
        outcome, payment_id, code = self._answer(client, line)
        if outcome == "unknown":
            return
        if line.outcome != "unknown":
            before = (line.outcome, line.payment_id, line.code)
            assert (outcome, payment_id, code) == before, f"{line} was answered twice"
            return
        line.outcome, line.payment_id, line.code = outcome, payment_id, code
        self._write(line)

    def resolve(self) -> int:
        """Ask again, with the same keys, until nothing is unknown; how many that were."""
        client = self.client()
        unknown = [line for line in self.lines.values() if line.outcome == "unknown"]
        for line in unknown:
            deadline = time.monotonic() + RESOLVE_TIMEOUT_S
            while line.outcome == "unknown" and time.monotonic() < deadline:
                self.send(client, line)
            self.send(client, line)  # and it stays so
        return len(unknown)

    def accepted(self) -> list[Line]:
        return [line for line in self.lines.values() if line.outcome == "accepted"]

    def _answer(self, client: WalletClient, line: Line) -> tuple[str, str, str]:
        try:
            payment = client.pay(line.payee, line.amount, idempotency_key=line.key)
        except Unreachable:
            return "unknown", "", ""
        except ApiProblem as problem:
            if (
                problem.code == "unexpected_answer"
                or problem.status >= 500
                or problem.status in NO_VERDICT
            ):
                return "unknown", "", ""
            return "refused", "", problem.code
        except (KeyError, TypeError, ValueError):  # half an answer
            return "unknown", "", ""
        return "accepted", payment.payment_id, ""

    def _write(self, line: Line) -> None:
        with self.path.open("a") as out:
            out.write(json.dumps({"payer": self.payer.wallet_id, **vars(line)}) + "\n")
            out.flush()
            os.fsync(out.fileno())


@dataclass
class Outcome:
    """What a run was, in figures. The last three must be 0."""

    commit: str = ""
    seconds: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    payments: int = 0
    completed: int = 0
    rejected: int = 0
    refused: int = 0
    unknown: int = 0  # at the end of the load; all were resolved
    fen_lost: int = 0
    fen_doubled: int = 0
    stuck: int = 0
    findings: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "kills": dict(self.kills), "faults": dict(self.faults)}


def compare(journals: list[Journal], before: dict[str, int], outcome: Outcome) -> None:
    """Hold the banks' books against the journals: each payment once, or never, and every fen."""
    expected = Counter(before)
    holders = [journal.payer for journal in journals]
    books = {holder.wallet_id: _at_rest(holder) for holder in holders}
    received = {
        wallet: Counter(row.transaction_id for row in rows if row.direction == "in")
        for wallet, rows in books.items()
    }
    for journal in journals:
        wallet = journal.payer.wallet_id
        accepted = journal.accepted()
        sent = {row.transaction_id: row for row in books[wallet] if row.direction == "out"}
        outcome.payments += len(journal.lines)
        outcome.refused += sum(line.outcome == "refused" for line in journal.lines.values())
        outcome.stuck += sum(line.outcome == "unknown" for line in journal.lines.values())
        if len({line.payment_id for line in accepted}) != len(accepted):
            outcome.findings.append(f"{wallet}: two keys have one payment")
        if strangers := sent.keys() - {line.payment_id for line in accepted}:
            outcome.findings.append(f"{wallet}: in no journal: {sorted(strangers)}")
        for line in accepted:
            row = sent.get(line.payment_id)
            if row is None or row.amount != line.amount or row.counterparty != line.payee:
                outcome.findings.append(f"acknowledged, and the books have {row}: {line}")
                continue
            if row.status == "pending":
                outcome.stuck += 1
                outcome.findings.append(f"pending: {line}")
                continue
            paid = row.status == "completed"
            outcome.completed += paid
            outcome.rejected += not paid
            times = received[line.payee][line.payment_id] if line.payee in received else int(paid)
            if times != int(paid):
                outcome.findings.append(f"{row.status}, and received {times} times: {line}")
            expected[wallet] -= line.amount * paid
            expected[line.payee] += line.amount * paid
    for holder in holders:
        difference = holder.balance() - expected[holder.wallet_id]
        outcome.fen_lost += max(-difference, 0)
        outcome.fen_doubled += max(difference, 0)


def _at_rest(holder: Holder) -> list[Transaction]:
    """A wallet's transactions once none is pending, or as they are after a long wait."""
    deadline = time.monotonic() + ENDED_TIMEOUT_S
    while True:
        rows = list(holder.client().transactions())
        if not any(row.status == "pending" for row in rows) or time.monotonic() > deadline:
            return rows
        time.sleep(POLL_S)
