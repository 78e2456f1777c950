"""Two institutions exchange messages: signed, exactly once, whatever is lost between them."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import pytest
from django.db import transaction

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE, Role
from cbdc.messaging import delivery, handlers, links, outbox, receive
from cbdc.messaging.delivery import DeliveryError, HttpAnswer, deliver_due, set_transport
from cbdc.messaging.models import InboxMessage, OutboxMessage
from cbdc.messaging.services import send, upsert_peer
from cbdc.protocol.envelope import Batch, BatchAnswer, MessageStatus
from cbdc.protocol.messages import Pacs028
from tests.support import NAMES, NUMBERS, acting_as, public_key

pytestmark = pytest.mark.django_db(databases=["default", "harbor"], transaction=True)


class Wire:
    """What lies between the two: it can lose requests and answers, and remembers the last."""

    def __init__(self) -> None:
        self.lose_request = self.lose_answer = False
        self.last: tuple[dict[str, str], bytes] | None = None

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        lower = {name.lower(): value for name, value in headers.items()}
        self.last = (lower, body)
        if self.lose_request:
            raise DeliveryError("lost on the way")
        with acting_as(CENTRAL_BANK_CODE):
            answer = receive.receive(method="POST", path=delivery.PATH, headers=lower, body=body)
        if self.lose_answer:
            raise DeliveryError("lost on the way back")
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(answer.status, lower, answer.body)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    monkeypatch.setattr(links, "BACKOFF_FIRST_S", 0.0)
    wire = Wire()
    set_transport(wire)
    upsert_peer(
        code="harbor",
        number=NUMBERS["harbor"],
        name=NAMES["harbor"],
        base_url="http://harbor.test",
        public_key=public_key("harbor"),
    )
    yield wire
    set_transport(None)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """The questions that the central bank has handled."""
    found: list[UUID] = []

    def handler(message: Pacs028, *, sender: str, message_id: UUID) -> None:
        assert sender == "harbor"
        found.append(message.payment_id)

    monkeypatch.setitem(handlers._handlers, (Role.CENTRAL_BANK, Pacs028.kind), handler)
    return found


def ask() -> UUID:
    payment_id = new_id()
    with transaction.atomic():
        send(to=CENTRAL_BANK_CODE, message=Pacs028(payment_id))
    return payment_id


def test_a_message_arrives_and_is_marked_delivered(wire: Wire, heard: list[UUID]) -> None:
    with acting_as("harbor"):
        payment_id = ask()
        assert deliver_due(CENTRAL_BANK_CODE) == 1
        assert OutboxMessage.objects.filter(delivered_at__isnull=True).count() == 0
    assert heard == [payment_id]
    assert InboxMessage.objects.count() == 1


def test_a_message_of_a_transaction_that_rolls_back_never_existed(wire: Wire) -> None:
    with acting_as("harbor"):
        with transaction.atomic():
            send(to=CENTRAL_BANK_CODE, message=Pacs028(new_id()))
            transaction.set_rollback(True)
        assert OutboxMessage.objects.count() == 0


def test_sending_outside_a_transaction_is_refused(wire: Wire) -> None:
    with acting_as("harbor"), pytest.raises(transaction.TransactionManagementError):
        send(to=CENTRAL_BANK_CODE, message=Pacs028(new_id()))


def test_a_lost_request_is_sent_again(wire: Wire, heard: list[UUID]) -> None:
    with acting_as("harbor"):
        payment_id = ask()
        wire.lose_request = True
        assert deliver_due(CENTRAL_BANK_CODE) == 0
        wire.lose_request = False
        assert deliver_due(CENTRAL_BANK_CODE) == 1
    assert heard == [payment_id]


def test_a_lost_answer_does_not_handle_the_message_twice(wire: Wire, heard: list[UUID]) -> None:
    with acting_as("harbor"):
        payment_id = ask()
        wire.lose_answer = True
        assert deliver_due(CENTRAL_BANK_CODE) == 0
        wire.lose_answer = False
        assert deliver_due(CENTRAL_BANK_CODE) == 1
    assert heard == [payment_id]


def test_a_replayed_request_is_refused(wire: Wire, heard: list[UUID]) -> None:
    with acting_as("harbor"):
        ask()
        deliver_due(CENTRAL_BANK_CODE)
    assert wire.last is not None
    headers, body = wire.last
    with pytest.raises(Problem) as refusal, acting_as(CENTRAL_BANK_CODE):
        receive.receive(method="POST", path=delivery.PATH, headers=headers, body=body)
    assert refusal.value.error is ErrorCode.SIGNATURE_REPLAYED
    assert len(heard) == 1


def test_a_changed_body_is_refused(wire: Wire, heard: list[UUID]) -> None:
    with acting_as("harbor"):
        ask()
        wire.lose_request = True
        deliver_due(CENTRAL_BANK_CODE)
    assert wire.last is not None
    headers, body = wire.last
    with pytest.raises(Problem) as refusal, acting_as(CENTRAL_BANK_CODE):
        receive.receive(method="POST", path=delivery.PATH, headers=headers, body=body + b" ")
    assert refusal.value.error is ErrorCode.SIGNATURE_INVALID
    assert heard == []


def test_a_handler_that_fails_leaves_the_message_to_be_sent_again(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[UUID] = []

    def handler(message: Pacs028, *, sender: str, message_id: UUID) -> None:
        calls.append(message_id)
        if len(calls) == 1:
            raise RuntimeError("not yet")

    monkeypatch.setitem(handlers._handlers, (Role.CENTRAL_BANK, Pacs028.kind), handler)
    with acting_as("harbor"):
        ask()
        deliver_due(CENTRAL_BANK_CODE)
        assert OutboxMessage.objects.filter(delivered_at__isnull=True).count() == 0
    assert len(calls) == 2


def test_a_refused_message_is_parked_with_its_reason(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handler(message: Pacs028, *, sender: str, message_id: UUID) -> None:
        raise Problem(ErrorCode.NOT_FOUND, "no such payment")

    monkeypatch.setitem(handlers._handlers, (Role.CENTRAL_BANK, Pacs028.kind), handler)
    with acting_as("harbor"):
        ask()
        assert deliver_due(CENTRAL_BANK_CODE) == 0
        parked = OutboxMessage.objects.get()
        assert parked.parked_at is not None
        assert "not_found: no such payment" in parked.last_error
    assert InboxMessage.objects.count() == 0


def test_a_refusal_that_nobody_signed_parks_only_after_many_tries(
    wire: Wire, heard: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy between the two says 400 for a while: the message must not be left behind."""
    proxy_fails = [True] * 3

    def through_proxy(url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        if proxy_fails:
            proxy_fails.pop()
            return HttpAnswer(400, {}, b"<html>Sorry</html>")
        return wire(url, headers, body)

    set_transport(through_proxy)
    monkeypatch.setattr(outbox, "next_try", lambda attempts: now())
    with acting_as("harbor"):
        payment_id = ask()
        for _ in range(4):
            deliver_due(CENTRAL_BANK_CODE)
        assert OutboxMessage.objects.filter(delivered_at__isnull=True).count() == 0
        assert heard == [payment_id]
        proxy_fails += [True] * (outbox.POISON_AFTER + 1)
        ask()
        for _ in range(outbox.POISON_AFTER):
            deliver_due(CENTRAL_BANK_CODE)
        assert OutboxMessage.objects.filter(parked_at__isnull=False).count() == 1


def test_an_answer_that_the_peer_did_not_sign_proves_nothing(wire: Wire) -> None:
    def liar(url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        batch = Batch.from_bytes(body)
        statuses = tuple(
            MessageStatus(one.message_id, "accepted", None, None) for one in batch.messages
        )
        return HttpAnswer(200, {}, BatchAnswer(batch.batch_id, statuses).to_bytes())

    set_transport(liar)
    with acting_as("harbor"):
        ask()
        assert deliver_due(CENTRAL_BANK_CODE) == 0
        assert OutboxMessage.objects.filter(delivered_at__isnull=True).count() == 1
