"""What all users have: a bank, clients of `cbdc.client`, and a place where answers are noted."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import gevent
from locust import events
from locust.contrib.fasthttp import FastHttpUser
from locust.env import Environment
from locust.exception import StopUser

from cbdc.client.device import Device
from cbdc.client.models import Payment
from cbdc.client.transport import ApiProblem, Transport, Unreachable
from cbdc.client.wallet_client import WalletClient
from cbdc.identifiers import new_id
from loadtests.options import Options
from loadtests.recording import Recorder
from loadtests.session import Names, transport
from loadtests.targets import Target, Targets

FLUSH_S = 1.0


class Run:
    """What the users of one process share."""

    options: ClassVar[Options]
    targets: ClassVar[Targets]
    recorder: ClassVar[Recorder]
    flusher: ClassVar[gevent.Greenlet]


def _begin(environment: Environment, **_: object) -> None:
    """Every process that has users begins here; the central bank's address is Locust's host."""
    parsed = environment.parsed_options
    Run.options = Options.of(vars(parsed))
    Run.targets = Targets.find(str(environment.host), Run.options.keys)
    Run.recorder = Recorder(Run.options.out)

    def flush() -> None:
        while True:
            gevent.sleep(FLUSH_S)
            Run.recorder.flush()

    Run.flusher = gevent.spawn(flush)


def _end(**_: object) -> None:
    """The users have stopped."""
    Run.flusher.kill()
    Run.recorder.close()


events.test_start.add_listener(_begin)  # type: ignore[no-untyped-call]
events.test_stop.add_listener(_end)  # type: ignore[no-untyped-call]


class BankUser(FastHttpUser):
    """Does something `pace` times a second, unless the bank is slower; then as often as it can.

    A refusal or an error of the bank ends what the user was doing, not the user.
    """

    abstract = True
    network_timeout = 30.0
    connection_timeout = 5.0
    host = "http://users.choose.their.bank"

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.names = Names()
        self.target: Target = self.choose()

    def choose(self) -> Target:
        """The user's bank."""
        return Run.targets.any()

    def wait_time(self) -> float:
        """Until the next turn: the mean is 1 / pace, and users do not march in step."""
        return random.uniform(0.5, 1.5) / Run.options.pace

    def transport(self, base_url: str) -> Transport:
        """A transport to an institution, counted by Locust."""
        return transport(base_url, self.client, self.names, Run.recorder)

    def wallet_of(self, target: Target, index: int) -> WalletClient:
        """The wallet of a holder."""
        device: Device = target.seeded.device(index)
        return WalletClient(target.base_url, device, transport=self.transport(target.base_url))

    def some_wallet(self, target: Target) -> tuple[int, WalletClient]:
        """A holder of that bank, any."""
        index = random.randrange(target.seeded.wallets)
        return index, self.wallet_of(target, index)

    @contextmanager
    def doing(self, name: str) -> Iterator[None]:
        """Count requests under that name; what the bank refuses is counted and over."""
        self.names.current = name
        try:
            yield
        except (ApiProblem, Unreachable):
            return
        finally:
            self.names.current = ""

    def paid(self, payment: Payment) -> None:
        """The bank has acknowledged a payment."""
        Run.recorder.acknowledged(
            "payment",
            payment_id=payment.payment_id,
            status=payment.status,
            payer_wallet=payment.payer_wallet,
            payee_wallet=payment.payee_wallet,
            amount=payment.amount,
        )

    def pay(self, wallet: WalletClient, name: str, **what: Any) -> Payment | None:
        """Pay as `WalletClient.pay` or `pay_qr` would, and note what was acknowledged."""
        with self.doing(name):
            key = str(new_id())
            verb = wallet.pay_qr if "qr" in what else wallet.pay
            payment = verb(**what, idempotency_key=key)
            self.paid(payment)
            return payment
        return None

    def give_up(self, why: str) -> None:
        """This user has no part to play here."""
        raise StopUser(why)


def price(lowest: int = 1_00, usual: int = 15_00, highest: int = 200_00) -> int:
    """Fen of something that people buy: most of it cheap, some of it dear."""
    return min(max(round(random.lognormvariate(0, 0.8) * usual), lowest), highest)
