"""Delivery under load and trouble: batches, lanes, dead peers, poison, one worker at a time."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from cbdc import clock
from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE, Role
from cbdc.messaging import delivery, handlers, links, outbox, receive, services, tasks
from cbdc.messaging.delivery import DeliveryError, HttpAnswer, deliver_due, set_transport
from cbdc.messaging.handlers import Received
from cbdc.messaging.handling import TOGETHER_MAX
from cbdc.messaging.lanes import Lane
from cbdc.messaging.models import InboxMessage, Link, OutboxMessage
from cbdc.messaging.selectors import lanes_with_due_messages
from cbdc.messaging.services import send, send_again, send_many, try_now, upsert_peer
from cbdc.protocol.messages import Camt053, Pacs028
from tests.messaging.test_exchange import Wire, heard, wire
from tests.support import NAMES, NUMBERS, acting_as, public_key

__all__ = ["heard", "wire"]  # fixtures
pytestmark = pytest.mark.django_db(databases=["default", "harbor"], transaction=True)


def messages_in(body: bytes) -> list[UUID]:
    return [UUID(message["body"]["payment_id"]) for message in json.loads(body)["messages"]]


def ask_many(number: int, to: str = CENTRAL_BANK_CODE) -> list[UUID]:
    asked = [new_id() for _ in range(number)]
    with transaction.atomic():
        send_many(to=to, messages=[Pacs028(payment_id) for payment_id in asked])
    return asked


class Post:
    """The wire, counting the batches and looking into them."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.batches: list[list[UUID]] = []
        self.refuses: Callable[[list[UUID]], bool] = lambda batch: False

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        batch = messages_in(body)
        self.batches.append(batch)
        if self.refuses(batch):
            return HttpAnswer(400, {}, b"{}")
        return self.wire(url, headers, body)


@pytest.fixture
def post(wire: Wire) -> Post:
    post = Post(wire)
    set_transport(post)
    return post


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Who was rung for."""
    found: list[tuple[str, int]] = []
    monkeypatch.setattr(services, "_bell_broken_until", 0.0)
    monkeypatch.setattr(tasks.deliver, "delay", lambda *place: found.append(place))
    return found


def test_many_messages_go_in_batches_signed_once_each(post: Post, heard: list[UUID]) -> None:
    with acting_as("harbor"):
        asked = ask_many(2_300)
        assert deliver_due(CENTRAL_BANK_CODE) == 2_300
    assert [len(batch) for batch in post.batches] == [1_000, 1_000, 300]
    assert sorted(heard) == sorted(asked)
    assert InboxMessage.objects.count() == 2_300


def test_batch_stays_below_what_a_peer_reads(
    post: Post, heard: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH_BYTES_MAX", 200)
    with acting_as("harbor"):
        ask_many(10)
        deliver_due(CENTRAL_BANK_CODE)
    assert max(len(batch) for batch in post.batches) == 3
    assert len(heard) == 10


def test_a_statement_that_is_stuck_holds_up_no_payment(post: Post, heard: list[UUID]) -> None:
    with acting_as("harbor"):
        with transaction.atomic():
            send(to=CENTRAL_BANK_CODE, message=Camt053(new_id(), 1, 1, (), 0, 0))
        Link.objects.create(
            peer=CENTRAL_BANK_CODE, lane=Lane.BULK, retry_at=now() + timedelta(hours=1)
        )
        asked = ask_many(1)
        assert lanes_with_due_messages() == [(CENTRAL_BANK_CODE, Lane.EXPRESS)]
        deliver_due(CENTRAL_BANK_CODE)
    assert heard == asked


def test_a_dead_peer_is_asked_once_and_costs_its_own_queue_alone(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "BACKOFF_FIRST_S", 60.0)
    upsert_peer(
        code="lotus",
        number=NUMBERS["lotus"],
        name=NAMES["lotus"],
        base_url="http://lotus.test",
        public_key=public_key("lotus"),
    )
    tried: list[str] = []

    def nobody(url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        tried.append(url)
        raise DeliveryError("ConnectTimeoutError")

    set_transport(nobody)
    with acting_as(CENTRAL_BANK_CODE):
        ask_many(1_500, to="harbor")
        ask_many(1, to="lotus")
        for _ in range(5):
            assert deliver_due("harbor") == 0
        assert len(tried) == 1
        assert lanes_with_due_messages() == [("lotus", Lane.EXPRESS)]
        assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {0}
        link = Link.objects.get(peer="harbor", lane=Lane.EXPRESS)
        assert (link.failures, link.last_error) == (1, "ConnectTimeoutError")
        with clock.injected(lambda: link.retry_at or now()):
            deliver_due("harbor")
        assert len(tried) == 2
        try_now([link.id])
        deliver_due("harbor")
        assert len(tried) == 3


def test_peer_that_is_back_gets_everything(wire: Wire, heard: list[UUID]) -> None:
    with acting_as("harbor"):
        asked = ask_many(3)
        wire.lose_request = True
        for _ in range(4):
            deliver_due(CENTRAL_BANK_CODE)
        wire.lose_request = False
        later = now() + timedelta(seconds=links.BACKOFF_MAX_S)
        with clock.injected(lambda: later):
            for _ in range(3):
                deliver_due(CENTRAL_BANK_CODE)
        assert Link.objects.get(lane=Lane.EXPRESS).failures == 0
    assert sorted(heard) == sorted(asked)


@pytest.mark.parametrize("failures", [1, 2, 5, 9, 100])
def test_back_off_doubles_up_to_a_limit_and_is_spread(failures: int) -> None:
    full = min(links.BACKOFF_FIRST_S * 2.0 ** (failures - 1), links.BACKOFF_MAX_S)
    pauses = {links.pause_s(failures) for _ in range(200)}
    assert all(full * (1 - links.JITTER) <= pause <= full for pause in pauses)
    assert len(pauses) > 100


def test_a_message_that_spoils_its_batch_is_parked_and_the_others_arrive(
    post: Post, heard: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "next_try", lambda attempts: now())
    monkeypatch.setattr(outbox, "POISON_AFTER", 3)
    with acting_as("harbor"):
        asked = ask_many(40)
        post.refuses = lambda batch: asked[17] in batch
        for _ in range(5):
            deliver_due(CENTRAL_BANK_CODE)
        [parked] = OutboxMessage.objects.filter(parked_at__isnull=False)
        assert parked.body["payment_id"] == str(asked[17])
        assert "400" in parked.last_error
        assert sorted(heard) == sorted(set(asked) - {asked[17]})

        post.refuses = lambda batch: False  # somebody has mended it
        assert send_again([parked.id]) == 1
        assert send_again([parked.id]) == 0
        deliver_due(CENTRAL_BANK_CODE)
    assert sorted(heard) == sorted(asked)


def test_two_workers_send_each_message_once(post: Post, heard: list[UUID]) -> None:
    """One of them has the lane; the other one leaves."""
    started = threading.Event()
    goes_on = threading.Event()
    sent: list[int] = []

    def slowly(url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        sent.append(len(messages_in(body)))
        started.set()
        goes_on.wait(10)
        raise DeliveryError("too slow")

    set_transport(slowly)
    upsert_peer(
        code="harbor",
        number=NUMBERS["harbor"],
        name=NAMES["harbor"],
        base_url="http://harbor.test",
        public_key=public_key("harbor"),
    )

    def work() -> int:
        try:
            return deliver_due("harbor")
        finally:
            connection.close()

    ask_many(5, to="harbor")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(work)
        assert started.wait(10)
        assert pool.submit(work).result(10) == 0
        goes_on.set()
        first.result(10)
    assert sent == [5]


def test_lane_of_a_worker_that_died_is_free_at_once() -> None:
    taken = threading.Event()
    dies = threading.Event()

    holding = links.only_one("harbor", Lane.EXPRESS)  # kept, so that it is never left

    def worker() -> None:
        assert holding.__enter__()
        taken.set()
        dies.wait(10)
        connection.close()  # as when the process is killed: nothing is unlocked

    thread = threading.Thread(target=worker)
    thread.start()
    assert taken.wait(10)
    with links.only_one("harbor", Lane.EXPRESS) as alone:
        assert not alone
    with links.only_one("harbor", Lane.BULK) as alone:
        assert alone
    dies.set()
    thread.join()
    with links.only_one("harbor", Lane.EXPRESS) as alone:
        assert alone


def test_bell_rings_once_a_transaction_and_not_while_somebody_looks(
    wire: Wire, rung: list[tuple[str, int]]
) -> None:
    with acting_as("harbor"):
        with transaction.atomic():
            for _ in range(3):
                send(to=CENTRAL_BANK_CODE, message=Pacs028(new_id()))
            assert rung == []
        assert rung == [(CENTRAL_BANK_CODE, Lane.EXPRESS)]
        row = links.link(CENTRAL_BANK_CODE, Lane.EXPRESS)
        links.stay_awake(row, 60)
        ask_many(1)
        assert len(rung) == 1
        links.fall_asleep(row)
        ask_many(1)
        assert len(rung) == 2
        links.failed(row, "away")
        Link.objects.update(retry_at=now() + timedelta(minutes=1))
        ask_many(1)
        assert len(rung) == 2


def test_a_worker_that_lingers_finds_what_comes_later(post: Post, heard: list[UUID]) -> None:
    with acting_as("harbor"):
        first = ask_many(1)
        looks: list[UUID] = []

        def more(url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
            if not looks:
                looks.extend(ask_many(1))  # committed while the first batch is under way
            return post(url, headers, body)

        set_transport(more)
        deliver_due(CENTRAL_BANK_CODE, Lane.EXPRESS, linger_s=0.05)
        assert not links.needs_no_bell(CENTRAL_BANK_CODE, Lane.EXPRESS)
    assert heard == [*first, *looks]


def _batch_handler(
    monkeypatch: pytest.MonkeyPatch,
    handle: Callable[[Sequence[Received[Pacs028]]], list[Problem | None]],
) -> None:
    place = (Role.CENTRAL_BANK, Pacs028.kind)
    monkeypatch.setitem(handlers._batch_handlers, place, lambda batch, *, sender: handle(batch))


def test_inv_4_batch_that_fails_is_handled_one_by_one(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[UUID] = []
    sizes: list[int] = []
    monkeypatch.setattr(outbox, "next_try", lambda attempts: now() + timedelta(minutes=1))
    with acting_as("harbor"):
        asked = ask_many(6)

    def handle(batch: Sequence[Received[Pacs028]]) -> list[Problem | None]:
        sizes.append(len(batch))
        if asked[2] in [item.message.payment_id for item in batch]:
            raise RuntimeError("this one is poison")
        done.extend(item.message.payment_id for item in batch)
        return [None] * len(batch)

    _batch_handler(monkeypatch, handle)
    with acting_as("harbor"):
        assert deliver_due(CENTRAL_BANK_CODE) == 5
        [waiting] = OutboxMessage.objects.filter(delivered_at__isnull=True)
        assert (waiting.body["payment_id"], waiting.attempts) == (str(asked[2]), 1)
    assert sizes == [6, 1, 1, 1, 1, 1, 1]
    assert sorted(done) == sorted(set(asked) - {asked[2]})
    assert InboxMessage.objects.count() == 5


def test_refusal_in_a_batch_leaves_no_trace_and_can_be_sent_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_as("harbor"):
        asked = ask_many(3)
    refused = [Problem(ErrorCode.NOT_FOUND, "not yet")]

    def handle(batch: Sequence[Received[Pacs028]]) -> list[Problem | None]:
        return [refused[0] if refused and i.message.payment_id == asked[1] else None for i in batch]

    _batch_handler(monkeypatch, handle)
    with acting_as("harbor"):
        assert deliver_due(CENTRAL_BANK_CODE) == 2
        parked = OutboxMessage.objects.get(parked_at__isnull=False)
    assert InboxMessage.objects.count() == 2
    refused.clear()
    with acting_as("harbor"):
        send_again([parked.id])
        assert deliver_due(CENTRAL_BANK_CODE) == 1
    assert InboxMessage.objects.count() == 3


def test_inv_4_the_same_messages_at_once_have_one_effect(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second batch comes while the first is handled: a retry after a time-out."""
    effects: list[UUID] = []
    lock = threading.Lock()

    def handle(batch: Sequence[Received[Pacs028]]) -> list[Problem | None]:
        with lock:
            effects.extend(item.message.payment_id for item in batch)
        return [None] * len(batch)

    _batch_handler(monkeypatch, handle)
    with acting_as("harbor"):
        asked = ask_many(TOGETHER_MAX + 50)
        rows = outbox.due(CENTRAL_BANK_CODE, Lane.EXPRESS, 1_000)
    from cbdc.messaging.handling import Signer, handle_batch
    from cbdc.protocol.envelope import Envelope

    envelopes = [Envelope(row.id, row.kind, row.created_at, json.loads(row.body)) for row in rows]

    def work(turn: int) -> list[str]:
        try:
            given = envelopes if turn % 2 else envelopes[::-1]
            return [status.status for status in handle_batch(given, Signer("harbor"))]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = [status for said in pool.map(work, range(4)) for status in said]
    assert answers.count("accepted") == len(asked)
    assert answers.count("duplicate") == 3 * len(asked)
    assert sorted(effects) == sorted(asked)


def test_receive_refuses_a_nonce_that_was_used_at_the_same_moment(
    post: Post, heard: list[UUID]
) -> None:
    with acting_as("harbor"):
        ask_many(1)
        deliver_due(CENTRAL_BANK_CODE)
    assert post.wire.last is not None
    headers, body = post.wire.last
    with pytest.raises(Problem) as refusal, acting_as(CENTRAL_BANK_CODE):
        receive.receive(method="POST", path=delivery.PATH, headers=headers, body=body)
    assert refusal.value.error is ErrorCode.SIGNATURE_REPLAYED
