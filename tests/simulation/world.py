"""The simulated world: a central bank, three banks, their people, a clock, ids, and a wire."""

import math
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from cbdc import clock, identifiers
from cbdc.crypto import keys
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.messaging import links, services
from cbdc.messaging.delivery import deliver_due, set_transport
from central_bank.supervision.seed import seed_central_bank
from commercial_banks.clearing.directory import keep
from commercial_banks.customers.seeds import people
from commercial_banks.treasury.services import request_issue
from tests.simulation.crashes import Crashes
from tests.simulation.institutions import BANKS, NAMES, NUMBERS, Institutions, public_key
from tests.simulation.people import Holder, Intent
from tests.simulation.wire import Wire

BEGINNING = datetime(2026, 1, 31, 2, tzinfo=UTC)
WALLETS = 3  # of each bank with room
PURSE = 3_000_00
NEARLY_FULL = 9_999_00  # of 10,000.00 that the wallet of a stranger may hold
TOKENS = 40_000_00
# Small, so that a few payments use the net debit cap up.
GUARANTEE = 800_00
HIGH_VALUE_FROM = 1_000_00
ROUNDS_MAX = 40
_WAITING = """
SELECT DISTINCT "to" FROM messaging_outboxmessage
WHERE delivered_at IS NULL AND parked_at IS NULL ORDER BY "to"
"""


class World:
    """One per test session; a scenario begins with `begin`."""

    def __init__(self) -> None:
        self.institutions = Institutions(
            changes={
                "GUARANTEE_TARGET": GUARANTEE,
                "HIGH_VALUE_FROM": HIGH_VALUE_FROM,
                "PAYMENT_EXPIRY_S": 60.0,
                "SETTLEMENT_PERIOD_S": 60.0,
            }
        )
        self.crashes = Crashes(self.institutions)
        self.random = random.Random(0)
        self.wire = Wire(self.institutions, self.crashes, self.random)
        self.moment = BEGINNING
        self.holders: dict[str, list[Holder]] = {}
        self.purses: dict[str, int] = {}  # by wallet, at the beginning
        self._clients = {code: Client() for code in BANKS}

    @contextmanager
    def running(self) -> Iterator["World"]:
        """The world with its own databases, clock, ids and wire, while the block runs."""
        with ExitStack() as stack:
            stack.enter_context(clock.injected(lambda: self.moment))
            stack.enter_context(identifiers.injected(self._id))
            # No doorbell rings here: whoever delivers finds what is due in the rows.
            stack.callback(setattr, services, "_bell_broken_until", services._bell_broken_until)
            services._bell_broken_until = math.inf
            set_transport(self.wire.carry)
            stack.callback(set_transport, None)
            self.institutions.create()
            stack.callback(self.institutions.drop)
            self.crashes.install()
            self._seed()
            self.institutions.keep()
            yield self

    def begin(self, seed: int) -> None:
        """Back to the beginning; what is random from now on follows the seed."""
        self.institutions.begin()
        self.moment = BEGINNING + timedelta(minutes=10)
        self.random.seed(seed)
        links._random.seed(seed)
        self.crashes.disarm()
        self.crashes.happened.clear()
        self.wire.happened.clear()
        self.wire.parted.clear()
        self.wire.delayed.clear()
        self.wire.log.clear()
        self.wire.faults = True

    def pass_time(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def send(self, intent: Intent) -> None:
        """Try once to get an answer, and keep the first one that comes.

        Raises:
            AssertionError: a second answer says something else (INV-4).
        """
        with self.institutions.at(intent.holder.bank):
            answer = intent.holder.post(
                self._clients[intent.holder.bank], intent.path, intent.body, intent.key
            )
        if answer.status_code >= 500:
            return
        if not intent.status:
            intent.status, intent.answer = answer.status_code, answer.json()
            return
        again = (answer.status_code, answer.json())
        assert again[0] == intent.status, f"INV-4: {intent} was answered {again} the second time"
        if intent.accepted:
            name = "payment_id" if intent.kind == "payment" else "transaction_id"
            assert again[1][name] == intent.answer[name], f"INV-4: {intent}, then {again}"

    def deliver(self, code: str, to: str) -> int:
        """Let one institution deliver what waits for another."""
        with self.institutions.at(code):
            return deliver_due(to)

    def due(self, code: str) -> list[str]:
        """For whom something waits at an institution, resting or not."""
        with self.institutions.connection(code).cursor() as cursor:
            cursor.execute(_WAITING)
            return [row[0] for row in cursor.fetchall()]

    def settle_down(self) -> None:
        """Deliver until nobody has anything to say that may be said now."""
        for _ in range(ROUNDS_MAX):
            if not sum(self.deliver(code, to) for code in NUMBERS for to in self.due(code)):
                return
            self.pass_time(0.01)
        raise AssertionError("the institutions do not come to rest")

    def _id(self) -> tuple[int, int]:
        return int(self.moment.timestamp() * 1000), self.random.getrandbits(74)

    def _seed(self) -> None:
        self.wire.faults = False
        with self.institutions.at(CENTRAL_BANK_CODE):
            seed_central_bank([_card(code) for code in BANKS])
        for code in BANKS:
            with self.institutions.at(code):
                seeded = people()
                assert seeded is not None
                keep([_row(one) for one in NUMBERS])
                self.holders[code] = [
                    Holder.open(
                        code,
                        serial,
                        phone=person["phone"],
                        deposit_account=person["deposit_account"],
                    )
                    for serial, person in enumerate(seeded["people"][: WALLETS + 1], 1)
                ]
                request_issue(amount=TOKENS, by="seed")
        self.settle_down()
        for code in BANKS:
            purses = [PURSE] * WALLETS + [NEARLY_FULL]
            for holder, purse in zip(self.holders[code], purses, strict=True):
                self.purses[holder.wallet_id] = purse
                top_up = movement("top-up", holder, purse)
                self.send(top_up)
                assert top_up.accepted, top_up.answer


def movement(kind: str, holder: Holder, amount: int) -> Intent:
    """A top-up or a withdrawal."""
    path = f"/api/v1/wallets/{holder.wallet_id}/{kind}s"
    return Intent(kind, holder, path, {"amount": amount, "deposit_account": holder.deposit_account})


def payment(payer: Holder, payee_wallet: str, amount: int) -> Intent:
    body = {"payer_wallet": payer.wallet_id, "payee_wallet": payee_wallet, "amount": amount}
    return Intent("payment", payer, "/api/v1/payments", body, key=str(new_id()))


def _row(code: str) -> dict[str, Any]:
    """The bank in the directory."""
    jwk = keys.jwk(keys.public_from_raw(public_key(code)))
    return {**_card(code), "status": "active", "keys": [jwk]}


def _card(code: str) -> dict[str, str]:
    return {
        "code": code,
        "number": NUMBERS[code],
        "name": NAMES[code],
        "base_url": f"http://{code}.test",
        "public_key": public_key(code),
    }
