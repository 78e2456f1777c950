"""The story that `make demo` plays: real requests of real holders to the running institutions."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.device import Device
from cbdc.client.devnet import DevnetClient, SeededPerson
from cbdc.client.merchant_client import MerchantClient
from cbdc.client.models import Cycle, Payment, Supply
from cbdc.client.operator_client import OperatorClient
from cbdc.client.transit_models import Journey, UploadedTap
from cbdc.client.transport import ApiProblem, Unreachable
from cbdc.client.wallet_client import WalletClient
from cbdc.clock import now
from cbdc.devnet import closing
from cbdc.devnet.network import Member, Network
from cbdc.identifiers import new_id
from cbdc.money import format_yuan

READY_TIMEOUT_S = 60.0
SETTLED_TIMEOUT_S = 150.0  # above two periods of the development network's settlement
POLL_S = 0.25
PAYMENT_WAIT_S = 5
PAYMENT_TIMEOUT_S = 60.0
CYCLES_READ = 100
PURSE = 200_00  # fen that the payer tops up to, so that the story can be played again
TOP_UP_MIN = 10_00
INSIDE = 12_34
TO_LOTUS = 23_45
TO_JADE = 15_00
COFFEE = 18_00
CAKE = 6_00
COLD = 5_00  # refunded of the coffee
RIDE = timedelta(minutes=25)
JOURNEYS_READ = 20
CROSSINGS = 4  # two payments, the coffee, and its refund; a fare may be free


T = TypeVar("T")


class StoryError(Exception):
    """Something that the story shows did not happen; the message says what."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A seeded person with an enrolled device."""

    person: SeededPerson
    bank: Member
    client: WalletClient
    wallet_id: str

    @property
    def balance(self) -> int:
        return self.client.wallet().balance

    def __str__(self) -> str:
        return f"{self.person.full_name} ({self.bank.name})"


def run(network: Network) -> bool:
    """Play the story, audit every institution, show what came of it.

    Returns:
        True only if every step happened and every audit held.
    """
    console = Console()
    cycles: list[Cycle] = []
    try:
        cycles = Story(network, console).play()
        played = True
    except (StoryError, ApiProblem, Unreachable) as error:
        console.print(f"[red]✗[/] {escape(str(error))}")
        played = False
    audits = closing.audit(network, console)
    closing.show(network, console, cycles, audits)
    return played and all(audit.held for audit in audits)


class Story:
    """Each step prints one line when it has happened, and raises when it does not happen."""

    def __init__(self, network: Network, console: Console) -> None:
        self._network = network
        self._console = console
        self._central_bank = CentralBankClient(network.central_bank.base_url)
        self._folder = network.state_dir / "story"

    def play(self) -> list[Cycle]:
        """Issue, enrol, top up, pay inside a bank and across banks, shop, settle.

        Returns:
            The cycles that settled the story's payments.

        Raises:
            StoryError, ApiProblem, Unreachable: a step did not happen.
        """
        harbor, lotus, jade = self._network.banks
        self._issued()
        payer, neighbour = self._holder(harbor, 0), self._holder(harbor, 1)
        at_lotus, at_jade = self._holder(lotus, 0), self._holder(jade, 0)
        self._top_up(payer)
        self._pay(payer, neighbour, INSIDE, "tea")
        before = {cycle.cycle_id for cycle in self._cycles() if cycle.state == "settled"}
        self._pay(payer, at_lotus, TO_LOTUS, "lunch")
        self._pay(at_lotus, at_jade, TO_JADE, "a book")
        self._shop(harbor, at_lotus, neighbour)
        self._ride(harbor, neighbour, at_lotus)
        return self._settled(before)

    def _issued(self) -> None:
        codes = [bank.code for bank in self._network.banks]

        def ready() -> Supply | None:
            supply = self._central_bank.supply()
            locked = all(supply.locked.get(code, 0) > 0 for code in codes)
            return (
                supply if locked and all(supply.held.get(code, 0) > 0 for code in codes) else None
            )

        supply = self._wait(ready, READY_TIMEOUT_S, "every bank holds tokens and locked some")
        if not supply.balances:
            raise StoryError(f"the supply does not balance: {supply}")
        guarantee = sum(supply.locked.values())
        self._step(
            f"{format_yuan(supply.issued)} yuan issued to {len(codes)} banks as signed tokens; "
            f"{format_yuan(guarantee)} of them locked as guarantee of payments between banks"
        )

    def _holder(self, bank: Member, index: int) -> Holder:
        """A seeded person of a bank, enrolled now or on an earlier start."""
        devnet = DevnetClient(bank.base_url)
        people = devnet.seed().people
        if len(people) <= index:
            raise StoryError(f"{bank.name} was seeded with {len(people)} people")
        person = people[index]
        file = self._folder / f"{bank.code}-{person.phone}.json"
        if file.exists():
            device = Device.load(file)
            client = WalletClient(bank.base_url, device)
            if device.wallet_id is not None and self._logs_in(client):
                holder = Holder(person, bank, client, device.wallet_id)
                self._step(f"{holder} is back with wallet {holder.wallet_id}")
                return holder
        device = Device(person.phone)
        client = WalletClient(bank.base_url, device)
        wallet = client.confirm(client.enrol(device_name="story"), devnet.otp(person.phone))
        device.save(file)
        holder = Holder(person, bank, client, wallet.wallet_id)
        self._step(f"{holder} opened wallet {wallet.wallet_id} with a password sent by SMS")
        return holder

    def _logs_in(self, client: WalletClient) -> bool:
        """False when the bank does not know the device: its database was made anew."""
        try:
            client.login()
        except ApiProblem as problem:
            if problem.status in (401, 404):
                return False
            raise
        return True

    def _top_up(self, holder: Holder) -> None:
        before = holder.balance
        amount = max(PURSE - before, TOP_UP_MIN)
        exchange = holder.client.top_up(amount, holder.person.deposit_account)
        if exchange.status != "completed":
            raise StoryError(f"the top-up of {holder} is {exchange.status}")
        self._check(f"balance of {holder}", holder.balance, before + amount)
        self._step(f"{holder} swapped {format_yuan(amount)} yuan of deposit for e-CNY")

    def _pay(self, payer: Holder, payee: Holder, amount: int, memo: str) -> Payment:
        before = payer.balance, payee.balance
        started = time.perf_counter()
        payment = payer.client.pay(payee.wallet_id, amount, memo, wait_s=PAYMENT_WAIT_S)
        took_ms = (time.perf_counter() - started) * 1000
        if payment.status == "pending":
            payment = payer.client.await_payment(payment.payment_id, timeout_s=PAYMENT_TIMEOUT_S)
        if payment.status != "completed":
            why = payment.rejection.code if payment.rejection else "no answer yet"
            raise StoryError(f"the payment of {payer} to {payee} is {payment.status}: {why}")
        self._check(f"balance of {payer}", payer.balance, before[0] - amount)
        self._check(f"balance of {payee}", payee.balance, before[1] + amount)
        self._step(
            f"{payer} paid {format_yuan(amount)} yuan to {payee} for {memo}: "
            f"{payment.status} in {took_ms:.0f} ms"
        )
        return payment

    def _shop(self, bank: Member, guest: Holder, neighbour: Holder) -> None:
        """A coffee by QR code for a guest of another bank, a cake by code, and a refund."""
        seeded = DevnetClient(bank.base_url).seed().merchants[0]
        shop = MerchantClient(bank.base_url, seeded.api_key)
        self._top_up(guest)
        before = guest.balance, neighbour.balance
        order = shop.order(f"story-{new_id()}", COFFEE, "coffee")
        guest.client.pay_qr(order.qr or "", wait_s=PAYMENT_WAIT_S)
        order = shop.await_order(order.order_id, timeout_s=PAYMENT_TIMEOUT_S)
        code = neighbour.client.payment_code().payment_code
        cake = shop.charge(f"story-{new_id()}", CAKE, "cake", code)
        if (order.status, cake.status) != ("paid", "paid"):
            raise StoryError(f"the orders of {seeded.name} are {order.status} and {cake.status}")
        self._step(
            f"{seeded.name} sold a coffee for {format_yuan(COFFEE)} yuan to {guest} by QR code, "
            f"and a cake for {format_yuan(CAKE)} yuan to {neighbour} by payment code"
        )
        refund = shop.refund(
            order.order_id, f"story-{new_id()}", COLD, "cold", wait_s=PAYMENT_WAIT_S
        )
        deadline = time.monotonic() + PAYMENT_TIMEOUT_S
        while refund.status == "pending" and time.monotonic() < deadline:
            time.sleep(POLL_S)
            refund = shop.find_refund(refund.refund_id)
        if refund.status != "completed":
            raise StoryError(f"the refund to {guest} is {refund.status}")
        self._check(f"balance of {guest}", guest.balance, before[0] - COFFEE + COLD)
        self._check(f"balance of {neighbour}", neighbour.balance, before[1] - CAKE)
        self._step(f"{seeded.name} refunded {format_yuan(COLD)} yuan to {guest}")

    def _ride(self, bank: Member, *riders: Holder) -> None:
        """Riders of two banks tap in and out of the metro; the day's charge follows by itself."""
        [metro] = [one for one in DevnetClient(bank.base_url).seed().merchants if one.transit]
        operator = OperatorClient(bank.base_url, metro.api_key)
        stations = [station["code"] for station in next(operator.fares()).table["stations"]]
        for rider in riders:
            self._top_up(rider)
        credentials = [rider.client.transit_credential().credential for rider in riders]
        begun = now() - RIDE
        taps = [
            UploadedTap(str(new_id()), credential, "gate-1", station, direction, moment)
            for credential in credentials
            for station, direction, moment in (
                (stations[0], "entry", begun),
                (stations[-1], "exit", begun + RIDE),
            )
        ]
        taken = operator.upload_taps(taps)
        if taken.accepted != len(taps):
            raise StoryError(f"{metro.name} took {taken.accepted} of {len(taps)} taps")
        for rider in riders:
            journey = self._wait(
                lambda rider=rider: self._charged(rider, begun),  # type: ignore[misc]
                PAYMENT_TIMEOUT_S,
                f"{rider} is charged for the journey",
            )
            self._step(
                f"{rider} rode {metro.name} from {journey.origin} to {journey.destination}: "
                f"{journey.why}"
            )

    def _charged(self, rider: Holder, begun: datetime) -> Journey | None:
        """The journey that began then, when it is paid or costs nothing more today."""
        for journey in itertools.islice(rider.client.journeys(), JOURNEYS_READ):
            if journey.started_at == begun and journey.charge_status in ("paid", "free"):
                return journey
        return None

    def _settled(self, before: set[str]) -> list[Cycle]:
        """Wait for the cycles that took the story's payments between banks."""

        def ready() -> list[Cycle] | None:
            new = [cycle for cycle in self._cycles() if cycle.cycle_id not in before]
            settled = [c for c in new if c.state == "settled" and c.payments > 0]
            return settled if sum(c.payments for c in settled) >= CROSSINGS else None

        with self._console.status("waiting for the settlement cycle to close and settle"):
            cycles = self._wait(ready, SETTLED_TIMEOUT_S, "the settlement cycle settles")
        for cycle in cycles:
            self._check("sum of the nets (INV-9)", sum(cycle.net.values()), 0)
            nets = ", ".join(f"{code} {format_yuan(net)}" for code, net in cycle.net.items())
            self._step(
                f"a cycle of {cycle.payments} payments, gross {format_yuan(cycle.gross)} yuan, "
                f"settled by moving tokens: {nets}"
            )
        return cycles

    def _cycles(self) -> list[Cycle]:
        return list(itertools.islice(self._central_bank.settlement_cycles(), CYCLES_READ))

    def _wait(self, ready: Callable[[], T | None], timeout_s: float, what: str) -> T:
        deadline = time.monotonic() + timeout_s
        while (found := ready()) is None:
            if time.monotonic() > deadline:
                raise StoryError(f"not within {timeout_s:.0f} s: {what}")
            time.sleep(POLL_S)
        return found

    def _check(self, what: str, shown: int, expected: int) -> None:
        if shown != expected:
            raise StoryError(
                f"{what} is {format_yuan(shown)} yuan and must be {format_yuan(expected)}"
            )

    def _step(self, text: str) -> None:
        self._console.print(f"[green]✓[/] {escape(text)}")
