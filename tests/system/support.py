"""What the system tests share: holders with wallets, payments under fire, and the books after."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.device import Device
from cbdc.client.devnet import DevnetClient
from cbdc.client.models import Payment
from cbdc.client.transport import ApiProblem, Unreachable
from cbdc.client.wallet_client import WalletClient
from cbdc.devnet.stack import Devnet
from cbdc.identifiers import new_id

ISSUED_TIMEOUT_S = 60.0
DECIDED_TIMEOUT_S = 120.0
TRIES_MAX = 20
POLL_S = 0.2


@dataclass(slots=True)
class Holder:
    """A seeded person's wallet; `client()` makes a client for one thread."""

    base_url: str
    device: Device
    deposit_account: str

    @property
    def wallet_id(self) -> str:
        assert self.device.wallet_id is not None
        return self.device.wallet_id

    def client(self) -> WalletClient:
        return WalletClient(self.base_url, self.device)

    def balance(self) -> int:
        return self.client().wallet().balance

    def received(self) -> Counter[str]:
        """How often each payment stands among the incoming transactions."""
        transactions = self.client().transactions()
        return Counter(row.transaction_id for row in transactions if row.direction == "in")


def open_wallet(devnet: Devnet, bank: str, index: int, *, top_up: int = 0) -> Holder:
    """Enrol the person of that index at a bank, and put `top_up` fen into the wallet."""
    base_url = devnet.network.member(bank).base_url
    page = DevnetClient(base_url)
    person = page.seed().people[index]
    device = Device(person.phone)
    client = WalletClient(base_url, device)
    client.confirm(client.enrol(), page.otp(person.phone))
    holder = Holder(base_url, device, person.deposit_account)
    if top_up:
        wait_for(lambda: _issued(devnet), ISSUED_TIMEOUT_S, "every bank holds tokens")
        client.top_up(top_up, person.deposit_account)
    return holder


@dataclass(slots=True)
class Journal:
    """What a payer means to do, written down before it is sent, and what came of it."""

    payer: Holder
    payee: Holder
    amount: int
    sent: list[str] = field(default_factory=list)  # idempotency keys
    answered: dict[str, Payment] = field(default_factory=dict)

    def pay(self, client: WalletClient) -> None:
        """Pay once, however often that takes: the same key until there is an answer."""
        key = str(new_id())
        self.sent.append(key)
        for _ in range(TRIES_MAX):
            try:
                self.answered[key] = client.pay(
                    self.payee.wallet_id, self.amount, idempotency_key=key
                )
            except Unreachable:
                continue
            except ApiProblem as problem:
                if problem.code != "institution_unavailable":  # "repeat it with the same key"
                    raise
                continue
            return
        raise AssertionError(f"no answer to {key} after {TRIES_MAX} tries")

    def settled(self) -> list[Payment]:
        """Each payment as it ended."""
        client = self.payer.client()
        ended = [
            client.await_payment(payment.payment_id, timeout_s=DECIDED_TIMEOUT_S)
            for payment in self.answered.values()
        ]
        assert {payment.status for payment in ended} <= {"completed", "rejected"}
        return ended


def pay_until(stop: threading.Event, journals: list[Journal]) -> list[threading.Thread]:
    """One thread a journal, paying until `stop` is set."""

    def run(journal: Journal) -> None:
        client = journal.payer.client()
        while not stop.is_set():
            journal.pay(client)

    threads = [threading.Thread(target=run, args=(journal,)) for journal in journals]
    for thread in threads:
        thread.start()
    return threads


def assert_each_paid_once(journals: list[Journal], before: dict[str, int]) -> int:
    """Every payment ended once, alike on both sides (INV-6), and no fen is lost or doubled.

    `before` holds each wallet's balance at the start. Returns how many were completed.
    """
    expected = dict(before)
    completed = 0
    for journal in journals:
        ended = journal.settled()
        assert len(journal.answered) == len(journal.sent)
        assert len({payment.payment_id for payment in ended}) == len(journal.sent)
        received = journal.payee.received()
        for payment in ended:
            paid = payment.status == "completed"
            assert received[payment.payment_id] == int(paid), payment
            completed += paid
            expected[journal.payer.wallet_id] -= journal.amount * paid
            expected[journal.payee.wallet_id] += journal.amount * paid
    shown = {
        holder.wallet_id: holder.balance()
        for journal in journals
        for holder in (journal.payer, journal.payee)
    }
    assert shown == expected
    return completed


def balances(*holders: Holder) -> dict[str, int]:
    return {holder.wallet_id: holder.balance() for holder in holders}


def assert_books_hold(devnet: Devnet) -> None:
    """Every audit of every institution, and the published supply (INV-1)."""
    for member in devnet.network.members:
        central = member == devnet.network.central_bank
        for command in ("audit_central_bank" if central else "audit_bank", "audit_ledger"):
            done = devnet.manage(member.code, command)
            assert done.returncode == 0, f"{command} of {member.code}:\n{done.stdout}{done.stderr}"
    assert CentralBankClient(devnet.network.central_bank.base_url).supply().balances


def wait_for(ready: Callable[[], bool], timeout_s: float, what: str) -> None:
    deadline = time.monotonic() + timeout_s
    while not ready():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(POLL_S)


def _issued(devnet: Devnet) -> bool:
    supply = CentralBankClient(devnet.network.central_bank.base_url).supply()
    return all(supply.locked.get(bank.code, 0) > 0 for bank in devnet.network.banks)
