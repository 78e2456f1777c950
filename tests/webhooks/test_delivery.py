"""What happened arrives: signed, the same bytes each time, until it is taken or given up."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from standardwebhooks import Webhook, WebhookVerificationError

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import new_id
from tests.webhooks.conftest import DATA, DATABASES, EVENT, PUBLIC, Names, Owner, Time
from tests.webhooks.receiver import Received, Receiver
from wallets.webhooks import queue
from wallets.webhooks.delivery import deliver_due
from wallets.webhooks.domain import GIVE_UP_AFTER, JITTER, RETRY_AFTER, Outcome, verdict
from wallets.webhooks.models import Attempt, Delivery, Endpoint
from wallets.webhooks.purging import purge
from wallets.webhooks.sending import attempt
from wallets.webhooks.services import redeliver, remove_endpoint, rotate_secret

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def is_signed_by(secret: str, request: Received) -> bool:
    try:
        Webhook(secret).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


def signatures_by(secret: str, request: Received, at: Time) -> bool:
    """As `is_signed_by`, at a time that the library's clock does not know."""
    name, body = request.headers["webhook-id"], request.body.decode()
    signature = Webhook(secret).sign(name, at.moment, body)
    return signature in request.headers["webhook-signature"].split(" ")


def test_event_arrives_with_a_signature_that_the_library_verifies(
    owner: Owner, receiver: Receiver
) -> None:
    endpoint = owner.registers(receiver.url)
    event_id = owner.hears()
    assert deliver_due() == 1
    [request] = receiver.received
    assert request.headers["webhook-id"] == f"msg_{event_id.hex}"
    assert request.headers["content-type"] == "application/json"
    assert is_signed_by(owner.secrets[endpoint.id], request)
    assert not is_signed_by(owner.secrets[owner.registers(receiver.url).id], request)
    body = json.loads(request.body)
    assert (body["type"], body["data"]) == (EVENT, DATA)
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("sent", 1, "")
    assert row.sent_at is not None
    noted = Attempt.objects.get()
    assert (noted.delivery_id, noted.status, noted.error) == (row.id, 204, "")
    assert deliver_due() == 0  # once


def test_changed_body_does_not_verify(owner: Owner, receiver: Receiver) -> None:
    endpoint = owner.registers(receiver.url)
    owner.hears()
    deliver_due()
    [request] = receiver.received
    forged = Received(request.path, request.headers, request.body.replace(b"1234", b"1235"))
    assert not is_signed_by(owner.secrets[endpoint.id], forged)


def test_each_endpoint_hears_of_what_it_wants(
    owner: Owner, receivers: Callable[[], Receiver]
) -> None:
    one, two, foreign = receivers(), receivers(), receivers()
    owner.registers(one.url, "order.paid", "order.closed")
    owner.registers(two.url, "order.closed")
    Owner().registers(foreign.url, "order.paid", "order.closed")
    paid, closed = owner.hears("order.paid"), owner.hears("order.closed")
    assert deliver_due() == 3
    ids = [{r.headers["webhook-id"] for r in some.received} for some in (one, two, foreign)]
    assert ids == [{f"msg_{paid.hex}", f"msg_{closed.hex}"}, {f"msg_{closed.hex}"}, set()]


def test_after_a_rotation_both_secrets_verify_for_24_hours_and_then_the_new_one_alone(
    owner: Owner, receiver: Receiver, time: Time
) -> None:
    endpoint = owner.registers(receiver.url)
    old = owner.secrets[endpoint.id]
    new = rotate_secret(owner_id=owner.id, endpoint_id=endpoint.id)
    owner.hears()
    deliver_due()
    assert is_signed_by(old, receiver.received[0])
    assert is_signed_by(new, receiver.received[0])
    for hours, old_signs in ((23.9, True), (0.2, False)):
        time.move(timedelta(hours=hours))
        owner.hears()
        deliver_due()
        assert signatures_by(new, receiver.received[-1], time)
        assert signatures_by(old, receiver.received[-1], time) is old_signs
    assert len(receiver.received[-1].headers["webhook-signature"].split(" ")) == 1


def test_retries_follow_the_table_with_the_same_bytes_and_are_given_up_after_three_days(
    owner: Owner, receiver: Receiver, time: Time
) -> None:
    endpoint = owner.registers(receiver.url)
    receiver.answers(500)
    began = time.moment
    owner.hears()
    for number, delay in enumerate([timedelta(0), *RETRY_AFTER]):
        if delay:
            row = Delivery.objects.get()
            assert delay <= row.due_at - time.moment <= delay * (1 + JITTER)
            time.move(delay * 0.99)
            assert deliver_due() == 0
            assert len(receiver.received) == number  # not before its time
            time.move(row.due_at - time.moment)
        assert deliver_due() == 0
        assert len(receiver.received) == number + 1
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("given_up", 10, "HTTP 500")
    assert timedelta(days=3) < time.moment - began < timedelta(days=3.5)
    assert {request.body for request in receiver.received} == {row.body.encode()}
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    times = [int(request.headers["webhook-timestamp"]) for request in receiver.received]
    assert times == sorted(set(times))  # of each attempt, so that it is fresh
    assert signatures_by(owner.secrets[endpoint.id], receiver.received[-1], time)
    assert [noted.status for noted in Attempt.objects.all()] == [500] * 10
    time.move(timedelta(days=10))
    assert deliver_due() == 0
    assert len(receiver.received) == 10


def test_dead_letters_are_sent_again_with_their_ids_and_new_retries(
    owner: Owner, receiver: Receiver, time: Time
) -> None:
    endpoint = owner.registers(receiver.url)
    receiver.answers(500)
    first, second = owner.hears(), owner.hears()
    for _ in range(len(RETRY_AFTER) + 1):
        deliver_due()
        time.move(timedelta(hours=27))
    assert {row.state for row in Delivery.objects.all()} == {"given_up"}
    receiver.received.clear()
    assert redeliver(owner_id=owner.id, endpoint_id=endpoint.id, event_id=first) == 1
    deliver_due()
    row = Delivery.objects.get(event_id=first)
    assert (row.state, row.attempts) == ("due", 1)  # it begins anew
    receiver.answers(204)
    assert redeliver(owner_id=owner.id, endpoint_id=endpoint.id) == 1  # the one that is left
    time.move(timedelta(seconds=10))
    assert deliver_due() == 2
    ids = {request.headers["webhook-id"] for request in receiver.received}
    assert ids == {f"msg_{first.hex}", f"msg_{second.hex}"}
    assert redeliver(owner_id=owner.id, endpoint_id=endpoint.id) == 0


def test_event_that_was_taken_is_sent_again_when_asked_for(
    owner: Owner, receiver: Receiver
) -> None:
    endpoint = owner.registers(receiver.url)
    event_id = owner.hears()
    deliver_due()
    assert redeliver(owner_id=owner.id, endpoint_id=endpoint.id, event_id=event_id) == 1
    assert deliver_due() == 1
    one, two = receiver.received
    assert one.body == two.body
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    with pytest.raises(Problem) as refusal:
        redeliver(owner_id=owner.id, endpoint_id=endpoint.id, event_id=new_id())
    assert refusal.value.error is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_status_of_success_is_taken(owner: Owner, receiver: Receiver, status: int) -> None:
    owner.registers(receiver.url)
    receiver.answers(status)
    owner.hears()
    assert deliver_due() == 1


@pytest.mark.parametrize("status", [301, 400, 401, 404, 409, 429, 500, 503])
def test_every_other_status_is_tried_again(owner: Owner, receiver: Receiver, status: int) -> None:
    owner.registers(receiver.url)
    receiver.answers(status)
    owner.hears()
    assert deliver_due() == 0
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("due", 1, f"HTTP {status}")


def test_410_disables_the_endpoint_and_ends_what_waits(
    owner: Owner, receiver: Receiver, time: Time
) -> None:
    endpoint = owner.registers(receiver.url)
    receiver.answers(410)
    owner.hears()
    owner.hears()
    assert deliver_due() == 0
    assert len(receiver.received) == 1
    endpoint.refresh_from_db()
    assert endpoint.state == "disabled"
    assert {row.state for row in Delivery.objects.all()} == {"ended"}
    owner.hears()
    assert Delivery.objects.count() == 2
    time.move(timedelta(days=1))
    assert deliver_due() == 0
    with pytest.raises(Problem) as refusal:
        redeliver(owner_id=owner.id, endpoint_id=endpoint.id)
    assert refusal.value.error is ErrorCode.VALIDATION_FAILED


def test_410_does_not_bring_a_removed_endpoint_back(owner: Owner, receiver: Receiver) -> None:
    endpoint = owner.registers(receiver.url)
    remove_endpoint(owner_id=owner.id, endpoint_id=endpoint.id)
    queue.disable(endpoint.id)
    endpoint.refresh_from_db()
    assert endpoint.state == "removed"


def test_name_that_moved_inside_since_registration_gets_nothing(
    owner: Owner,
    receiver: Receiver,
    dns: Names,
    time: Time,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    dns.addresses = {"shop.example": [PUBLIC]}
    owner.registers(f"https://shop.example:{receiver.port}/hook?token=canary")
    dns.addresses = {"shop.example": ["127.0.0.1"]}
    owner.hears()
    assert deliver_due() == 0
    assert receiver.connections == 0
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("due", 1, "refused by the guard")
    assert "refused by the guard" in caplog.text
    assert "canary" not in caplog.text


def test_redirect_into_the_bank_is_not_followed(
    owner: Owner, receivers: Callable[[], Receiver]
) -> None:
    outside, inside = receivers(), receivers()
    outside.answers(307)
    outside.answer_headers = {"location": inside.url}
    owner.registers(outside.url)
    owner.hears()
    assert deliver_due() == 0
    assert len(outside.received) == 1
    assert inside.connections == 0


def test_killed_workers_deliveries_are_sent_by_another_when_its_lease_is_over(
    owner: Owner, receiver: Receiver, time: Time
) -> None:
    owner.registers(receiver.url)
    event_id = owner.hears()
    [taken] = queue.claim(slow=True, limit=1)
    [letter] = taken.letters
    assert attempt(taken.url, letter, taken.secrets).succeeded  # and the worker is killed
    assert deliver_due() == 0
    time.move(queue.LEASE - timedelta(seconds=1))
    assert deliver_due() == 0
    time.move(timedelta(seconds=1))
    assert deliver_due() == 1
    one, two = receiver.received
    assert one.headers["webhook-id"] == two.headers["webhook-id"] == f"msg_{event_id.hex}"
    assert one.body == two.body


def test_worker_that_is_late_changes_nothing_that_another_has_written(
    owner: Owner, receiver: Receiver, time: Time
) -> None:
    owner.registers(receiver.url)
    owner.hears()
    [late] = queue.claim(slow=True, limit=1)
    time.move(queue.LEASE)
    assert deliver_due() == 1
    owner.hears()
    [now_working] = queue.claim(slow=False, limit=1)
    queue.write_down([(late.letters[0], Outcome(time.moment, 9000, 500))])
    queue.release(late, failures=7, rests=True, last_ms=9000)
    assert Delivery.objects.order_by("id")[0].state == "sent"
    endpoint = Endpoint.objects.get()
    assert endpoint.leased_until == now_working.leased_until
    assert endpoint.failures == 0
    assert Attempt.objects.count() == 2  # it was made all the same


def test_failure_that_a_late_worker_reports_is_not_counted_twice(
    owner: Owner, receiver: Receiver, time: Time
) -> None:
    owner.registers(receiver.url)
    receiver.answers(500)
    owner.hears()
    [late] = queue.claim(slow=True, limit=1)
    time.move(queue.LEASE)
    deliver_due()
    due_at = Delivery.objects.get().due_at
    queue.write_down([(late.letters[0], Outcome(time.moment, 9000, error="TimeoutError"))])
    row = Delivery.objects.get()
    assert (row.attempts, row.due_at, row.last_error) == (1, due_at, "HTTP 500")


LAST = len(RETRY_AFTER)


@pytest.mark.parametrize(
    ("status", "attempts_before", "state"),
    [
        (200, 0, "sent"),
        (299, LAST, "sent"),
        (199, 0, "due"),
        (300, 0, "due"),
        (500, 0, "due"),
        (500, LAST - 1, "due"),
        (500, LAST, "given_up"),
        (None, 0, "due"),
        (None, LAST, "given_up"),
        (410, 0, "ended"),
        (410, LAST, "ended"),
    ],
)
def test_state_after_an_attempt(status: int | None, attempts_before: int, state: str) -> None:
    outcome = Outcome(now(), 5, status, "" if status else "TimeoutError")
    assert verdict(outcome, attempts=attempts_before)[0] == state


def test_removed_endpoint_gets_nothing_more(owner: Owner, receiver: Receiver) -> None:
    endpoint = owner.registers(receiver.url)
    owner.hears()
    remove_endpoint(owner_id=owner.id, endpoint_id=endpoint.id)
    assert deliver_due() == 0
    assert receiver.received == []


def test_what_never_had_its_turn_is_given_up_too(owner: Owner, time: Time) -> None:
    owner.registers("http://127.0.0.1:9999/")
    owner.hears()
    time.move(GIVE_UP_AFTER - timedelta(seconds=1))
    purge()
    assert Delivery.objects.get().state == "due"
    time.move(timedelta(seconds=2))
    purge()
    assert Delivery.objects.get().state == "given_up"


def test_all_retries_fit_into_the_time_before_that() -> None:
    assert timedelta(days=3) < sum(RETRY_AFTER, timedelta()) < timedelta(days=3, hours=4)
    assert sum(RETRY_AFTER, timedelta()) * (1 + JITTER) < GIVE_UP_AFTER
    assert list(RETRY_AFTER) == sorted(RETRY_AFTER)


def test_delivery_inside_a_transaction_is_refused(owner: Owner) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="never open across HTTP"):
        deliver_due()
