"""A bank with endpoints of an owner, and receivers that they point to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from cbdc import clock
from cbdc.identifiers import new_id
from tests.support import acting_as
from tests.webhooks.receiver import Receiver
from wallets.webhooks import bell, names
from wallets.webhooks.models import Endpoint
from wallets.webhooks.services import emit, register_endpoint

DATABASES = ["default", "harbor"]
EVENT = "order.paid"
DATA: dict[str, object] = {"order_id": "0198", "amount": 12_34, "description": "茶"}
PUBLIC = "93.184.215.14"


@pytest.fixture
def bank(transactional_db: None) -> Iterator[None]:
    """Be harbor. Tests that use it carry `pytest.mark.django_db(databases=…, transaction=True)`."""
    with acting_as("harbor"):
        yield
    bell.pressed.clear()


@pytest.fixture
def receivers() -> Iterator[Callable[[], Receiver]]:
    """Starts as many as are asked for."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Receiver())


@pytest.fixture
def receiver(receivers: Callable[[], Receiver]) -> Receiver:
    return receivers()


class Time:
    """The clock of this process: stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = clock.now()

    def now(self) -> datetime:
        return self.moment

    def move(self, by: timedelta) -> None:
        self.moment += by


@pytest.fixture
def time() -> Iterator[Time]:
    standing = Time()
    with clock.injected(standing.now):
        yield standing


class Names:
    """The DNS: `addresses` by name."""

    def __init__(self) -> None:
        self.addresses: dict[str, list[str]] = {}
        self.asked: list[str] = []

    def look_up(self, name: str) -> list[str]:
        self.asked.append(name)
        return self.addresses.get(name, [])


@pytest.fixture
def dns() -> Iterator[Names]:
    fake = Names()
    names.set_look_up(fake.look_up)
    yield fake
    names.set_look_up(None)


class Owner:
    """Someone with endpoints."""

    def __init__(self) -> None:
        self.id = new_id()
        self.secrets: dict[UUID, str] = {}

    def registers(self, url: str, *events: str) -> Endpoint:
        endpoint, secret = register_endpoint(owner_id=self.id, url=url, events=events or [EVENT])
        self.secrets[endpoint.id] = secret
        return endpoint

    def hears(self, event: str = EVENT, event_id: UUID | None = None) -> UUID:
        """Something happened to the owner; the id of the event."""
        happened = event_id or new_id()
        emit(owner_id=self.id, event=event, event_id=happened, data=DATA)
        return happened


@pytest.fixture
def owner(bank: None) -> Owner:
    return Owner()
