"""One queue per endpoint: who is slow or dead is waited for by nobody else."""

import threading
import time as real_time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections

from cbdc.clock import now
from tests.support import acting_as
from tests.webhooks.conftest import DATABASES, Owner, Time
from tests.webhooks.receiver import Received, Receiver
from wallets.webhooks import batch, bell, delivery, pinned, queue
from wallets.webhooks.delivery import deliver_due
from wallets.webhooks.domain import REST_MAX, rest
from wallets.webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
TIME_OUT_S = 1.5
URL = "http://127.0.0.1:9999/hook"


@pytest.fixture(autouse=True)
def _short_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "TOTAL_S", TIME_OUT_S)


def is_quick(*endpoints: Endpoint) -> None:
    """They have answered before, at once."""
    Endpoint.objects.filter(id__in=[endpoint.id for endpoint in endpoints]).update(last_ms=5)


def id_of(event_id: UUID) -> str:
    return f"msg_{event_id.hex}"


def arrival_s(receiver: Receiver, event_id: UUID, since: float) -> float:
    [at] = [r.at for r in receiver.received if r.headers["webhook-id"] == id_of(event_id)]
    return at - since


def in_another_thread(done: Callable[[], object]) -> threading.Thread:
    """Run it as the bank, with a connection of its own."""

    def run() -> None:
        with acting_as("harbor"):
            try:
                done()
            finally:
                connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize("quick_before", [True, False])
def test_endpoint_that_hangs_does_not_delay_another(
    owner: Owner, receivers: Callable[[], Receiver], quick_before: bool
) -> None:
    hanging, healthy = receivers(), receivers()
    hanging.hangs()
    endpoints = [owner.registers(hanging.url), owner.registers(healthy.url)]
    if quick_before:
        is_quick(*endpoints)
    events = [owner.hears() for _ in range(20)]
    begun = real_time.monotonic()
    assert deliver_due() == 20
    assert all(arrival_s(healthy, event, begun) < 1 for event in events)
    assert len(hanging.received) == 1  # it costs its own time-out, once
    assert real_time.monotonic() - begun < TIME_OUT_S + 1


def test_forty_endpoints_that_hang_leave_room_for_a_quick_one(
    receivers: Callable[[], Receiver], bank: None
) -> None:
    hanging, healthy = receivers(), receivers()
    hanging.hangs()
    unlucky = [Owner() for _ in range(40)]
    for one in unlucky:
        one.registers(hanging.url)
        one.hears()
    lucky = Owner()
    is_quick(lucky.registers(healthy.url))
    event = lucky.hears()
    begun = real_time.monotonic()
    deliver_due()
    assert arrival_s(healthy, event, begun) < 1


def test_quick_endpoints_that_begin_to_hang_are_out_of_the_way_in_a_second(
    receivers: Callable[[], Receiver], bank: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinned, "TOTAL_S", 6.0)
    hanging, healthy = receivers(), receivers()
    hanging.hangs()
    for _ in range(delivery.QUICK_MAX):
        one = Owner()
        is_quick(one.registers(hanging.url))
        one.hears()
    lucky = Owner()
    is_quick(lucky.registers(healthy.url))
    event = lucky.hears()  # behind all of them
    begun = real_time.monotonic()
    waker = threading.Timer(3.0, hanging.wake)
    waker.start()
    deliver_due()
    waker.join()
    assert arrival_s(healthy, event, begun) < queue.SLOW_MS / 1000 + 1


def test_event_that_comes_while_another_endpoint_hangs_arrives_at_once(
    owner: Owner, receivers: Callable[[], Receiver]
) -> None:
    hanging, healthy = receivers(), receivers()
    hanging.hangs()
    owner.registers(hanging.url, "order.closed")
    owner.registers(healthy.url, "order.paid")
    owner.hears("order.closed")
    run = in_another_thread(deliver_due)
    while not hanging.received:
        real_time.sleep(0.01)
    begun = real_time.monotonic()
    event = owner.hears("order.paid")
    assert deliver_due() == 0  # the run that is under way does it
    while not healthy.received:
        real_time.sleep(0.01)
    assert arrival_s(healthy, event, begun) < 1
    assert run.is_alive()  # still with the one that hangs
    run.join()


def test_endpoint_has_one_request_in_the_air_and_a_few_once_it_answers_at_once(
    owner: Owner, receiver: Receiver
) -> None:
    in_the_air, most = [0], [0]
    lock = threading.Lock()

    def answer(request: Received) -> int:
        with lock:
            in_the_air[0] += 1
            most[0] = max(most[0], in_the_air[0])
        real_time.sleep(0.02)
        with lock:
            in_the_air[0] -= 1
        return 204

    receiver.answer = answer
    owner.registers(receiver.url)
    for _ in range(30):
        owner.hears()
    assert deliver_due() == 30
    assert most[0] == 1  # never tried before: with care
    for _ in range(30):
        owner.hears()
    assert deliver_due() == 30
    assert 1 < most[0] <= batch.ENDPOINT_FLIGHTS_MAX


def test_two_workers_never_serve_one_endpoint(owner: Owner, receiver: Receiver) -> None:
    owner.registers(receiver.url)
    owner.hears()
    assert len(queue.claim(slow=True, limit=10)) == 1
    claimed: list[queue.Taken] = []
    in_another_thread(lambda: claimed.extend(queue.claim(slow=True, limit=10))).join()
    assert claimed == []


def test_dead_endpoints_that_wait_longer_do_not_keep_a_new_one_out(bank: None) -> None:
    for _ in range(3):
        dead = Owner()
        dead.registers(URL)
        dead.hears()
    Endpoint.objects.update(failures=5, last_ms=9000)
    fresh = Owner()
    endpoint = fresh.registers(URL)
    fresh.hears()
    assert [taken.endpoint_id for taken in queue.claim(slow=True, limit=1)] == [endpoint.id]


def test_endpoint_that_is_away_rests_and_what_waited_behind_goes_first_when_it_is_back(
    owner: Owner, receiver: Receiver, time: Time
) -> None:
    owner.registers(receiver.url)
    receiver.answers(503)
    tried = owner.hears()
    waiting = [owner.hears() for _ in range(5)]
    deliver_due()
    assert [r.headers["webhook-id"] for r in receiver.received] == [id_of(tried)]
    assert deliver_due() == 0
    assert len(receiver.received) == 1  # in peace
    receiver.answers(204)
    time.move(rest(1))
    assert deliver_due() == 5
    arrived = [request.headers["webhook-id"] for request in receiver.received[1:]]
    assert sorted(arrived) == sorted(map(id_of, waiting))  # the first waits for its retry
    assert Delivery.objects.get(event_id=tried).attempts == 1


def test_failure_of_one_event_does_not_hold_up_the_next(owner: Owner, receiver: Receiver) -> None:
    owner.registers(receiver.url)
    bad = owner.hears()
    good = [owner.hears() for _ in range(5)]
    receiver.answer = lambda r: 500 if r.headers["webhook-id"] == id_of(bad) else 204
    assert deliver_due() == 5
    assert {row.event_id for row in Delivery.objects.filter(state="sent")} == set(good)


def test_pause_grows_up_to_a_minute() -> None:
    pauses = [rest(failures) for failures in range(1, 30)]
    assert pauses[:4] == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert pauses[-1] == REST_MAX == timedelta(minutes=1)


def test_run_ends_with_its_time_and_hands_over(
    owner: Owner, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[None] = []
    monkeypatch.setattr(delivery, "RUN_MAX_S", 0.5)
    monkeypatch.setattr(bell, "ring_now", lambda: rings.append(None))

    def answer_slowly(request: Received) -> int:
        real_time.sleep(0.2)
        return 204

    receiver.answer = answer_slowly
    owner.registers(receiver.url)
    for _ in range(20):
        owner.hears()
    rings.clear()
    begun = real_time.monotonic()
    assert 0 < deliver_due() < 20
    assert real_time.monotonic() - begun < 2
    assert len(rings) == 1
    assert not Endpoint.objects.filter(leased_until__gt=now()).exists()  # given back
    monkeypatch.setattr(delivery, "RUN_MAX_S", 20.0)
    deliver_due()
    assert Delivery.objects.filter(state="sent").count() == len(receiver.received) == 20


def test_process_that_ends_begins_nothing(
    owner: Owner, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_closing", threading.Event())
    owner.registers(receiver.url)
    owner.hears()
    delivery.wind_down()
    assert deliver_due() == 0
    assert receiver.received == []
