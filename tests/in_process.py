"""Three institutions in this process, joined by their real messages: the `network` fixture."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.messaging import delivery, receive
from cbdc.messaging.delivery import DeliveryError, HttpAnswer, deliver_due, set_transport
from cbdc.messaging.models import Link, OutboxMessage
from cbdc.messaging.selectors import codes_with_due_messages
from central_bank.supervision.seed import seed_central_bank
from commercial_banks.clearing.directory import keep
from commercial_banks.customers.seeds import people
from commercial_banks.treasury.seeds import tokens
from tests.support import BANKS, NAMES, NUMBERS, acting_as, public_key

DATABASES = ["default", *BANKS]
ROUNDS_MAX = 50


class Network:
    """The central bank, harbor and lotus. `people[bank]` are its seeded customers."""

    def __init__(self) -> None:
        self.away: set[str] = set()  # institutions that do not answer
        self.people: dict[str, list[dict[str, str]]] = {}

    def start(self) -> None:
        """Seed everyone; every bank holds tokens and has locked its guarantee."""
        seed_central_bank([_card(code) for code in BANKS])
        for code in BANKS:
            with acting_as(code):
                seeded = people()
                assert seeded is not None
                self.people[code] = list(seeded["people"])
                tokens()
                keep([{**_card(one), "status": "active"} for one in NUMBERS])
        self.drain()

    def carry(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """What HTTP does between institutions."""
        host = urlsplit(url).hostname or ""
        code = host.removesuffix(".test")
        if code in self.away:
            raise DeliveryError("away")
        lower = {name.lower(): value for name, value in headers.items()}
        with acting_as(code):
            answer = receive.receive(method="POST", path=delivery.PATH, headers=lower, body=body)
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(answer.status, lower, answer.body)

    def drain(self) -> None:
        """Deliver until nobody has anything to say to an institution that answers.

        What failed before is due again now; what fails now waits for the next `drain`.
        """
        for code in NUMBERS:
            with acting_as(code):
                OutboxMessage.objects.filter(delivered_at__isnull=True).update(due_at=now())
                Link.objects.update(retry_at=None, failures=0)
        for _ in range(ROUNDS_MAX):
            if sum(self._deliver(code) for code in NUMBERS if code not in self.away) == 0:
                return
        raise AssertionError("the institutions do not come to rest")

    def _deliver(self, code: str) -> int:
        with acting_as(code):
            return sum(deliver_due(to) for to in codes_with_due_messages() if to not in self.away)


def _card(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "number": NUMBERS[code],
        "name": NAMES[code],
        "base_url": f"http://{code}.test",
        "public_key": public_key(code),
        "keys": [keys.jwk(keys.public_from_raw(public_key(code)))],
    }


@pytest.fixture
def network(transactional_db: None) -> Iterator[Network]:
    """Tests that use it carry `pytest.mark.django_db(databases=DATABASES, transaction=True)`."""
    running = Network()
    set_transport(running.carry)
    running.start()
    yield running
    set_transport(None)
