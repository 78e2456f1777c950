"""Registering, removing and rotating; and that telling costs a payment one statement."""

import base64
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import new_id
from commercial_banks.customers.privacy import decrypt
from tests.support import acting_as
from tests.webhooks.conftest import DATA, DATABASES, EVENT, PUBLIC, Names, Owner, Time
from wallets.webhooks import bell, services
from wallets.webhooks.models import Attempt, Delivery, Endpoint, SigningSecret
from wallets.webhooks.purging import purge
from wallets.webhooks.selectors import endpoint_of, endpoints_of
from wallets.webhooks.services import (
    ENDPOINTS_MAX,
    emit,
    redeliver,
    register_endpoint,
    remove_endpoint,
    rotate_secret,
)

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
URL = "http://127.0.0.1:9999/hook?token=canary-of-the-query"


def refusal(call: Callable[[], object]) -> Problem:
    with pytest.raises(Problem) as raised:
        call()
    return raised.value


def not_found(call: Callable[[], object]) -> bool:
    return refusal(call).error is ErrorCode.NOT_FOUND


def test_registered_endpoint_is_its_owners_alone(owner: Owner) -> None:
    endpoint = owner.registers(URL, "order.paid", "order.closed", "order.paid")
    assert endpoint.events == ["order.paid", "order.closed"]
    assert endpoints_of(owner.id) == [endpoint]
    assert endpoint_of(owner.id, endpoint.id).url == URL
    other, key = new_id(), endpoint.id
    assert endpoints_of(other) == []
    assert not_found(lambda: endpoint_of(other, key))
    assert not_found(lambda: endpoint_of(owner.id, new_id()))
    assert not_found(lambda: remove_endpoint(owner_id=other, endpoint_id=key))
    assert not_found(lambda: rotate_secret(owner_id=other, endpoint_id=key))
    assert not_found(lambda: redeliver(owner_id=other, endpoint_id=key))


def test_secret_is_32_random_bytes(owner: Owner) -> None:
    secrets = [owner.secrets[owner.registers(URL).id] for _ in range(2)]
    assert secrets[0] != secrets[1]
    for secret in secrets:
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


def test_secrets_and_urls_are_ciphertext_in_the_database(owner: Owner) -> None:
    endpoint = owner.registers(URL)
    secrets = [
        owner.secrets[endpoint.id],
        rotate_secret(owner_id=owner.id, endpoint_id=endpoint.id),
    ]
    text = ""
    with connection.cursor() as cursor:
        for table in ("webhooks_endpoint", "webhooks_signingsecret"):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")  # noqa: S608
            text += "".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT secret FROM webhooks_signingsecret ORDER BY id")
        assert [decrypt(row[0]) for row in cursor.fetchall()] == secrets
    for hidden in (*secrets, *(s.removeprefix("whsec_") for s in secrets), "canary", "127.0.0.1"):
        assert hidden not in text


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://inside.example/", "http://shop.example/", "nonsense"]
)
def test_refused_url_is_a_validation_failure_and_leaves_nothing(
    owner: Owner, dns: Names, url: str
) -> None:
    dns.addresses = {"inside.example": ["10.0.0.1"], "shop.example": [PUBLIC]}
    problem = refusal(lambda: owner.registers(url))
    assert problem.error is ErrorCode.VALIDATION_FAILED
    assert [error.field for error in problem.errors] == ["url"]
    assert Endpoint.objects.count() == 0


def test_public_name_is_registered(owner: Owner, dns: Names) -> None:
    dns.addresses = {"shop.example": [PUBLIC]}
    assert owner.registers("https://shop.example/hook").state == "live"


@pytest.mark.parametrize("events", [[], ["Order Paid"], ["x" * 65], ["a"] * 33, [""]])
def test_events_that_are_none_are_refused(owner: Owner, events: list[str]) -> None:
    problem = refusal(lambda: register_endpoint(owner_id=owner.id, url=URL, events=events))
    assert [error.field for error in problem.errors] == ["events"]


def test_owner_has_at_most_16_live_endpoints(owner: Owner) -> None:
    endpoints = [owner.registers(URL) for _ in range(ENDPOINTS_MAX)]
    assert refusal(lambda: owner.registers(URL)).error is ErrorCode.VALIDATION_FAILED
    Owner().registers(URL)
    remove_endpoint(owner_id=owner.id, endpoint_id=endpoints[0].id)
    owner.registers(URL)


def test_emit_costs_one_statement(owner: Owner) -> None:
    for endpoints in range(3):
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            owner.hears()
        assert len(queries) == 1
        assert Delivery.objects.filter(created_at__isnull=False).count() == sum(
            range(endpoints + 1)
        )
        owner.registers(URL)


def test_payment_waits_for_nobody_who_has_the_endpoints_row(owner: Owner) -> None:
    """A worker that takes a lease, a rotation or a removal that has not committed yet."""
    endpoint = owner.registers(URL)
    held, told = threading.Event(), threading.Event()

    def hold() -> None:
        with acting_as("harbor"), transaction.atomic():
            Endpoint.objects.select_for_update().get(id=endpoint.id)
            Endpoint.objects.filter(id=endpoint.id).update(failures=1)
            held.set()
            told.wait(10)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '200ms'")
        owner.hears()
    told.set()
    thread.join()
    assert Delivery.objects.count() == 1


def test_nobody_is_told_and_no_bell_rings_without_an_endpoint(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[None] = []
    monkeypatch.setattr(services, "ring", lambda: rings.append(None))
    owner.registers(URL, "refund.completed")
    Owner().registers(URL)
    removed = owner.registers(URL)
    remove_endpoint(owner_id=owner.id, endpoint_id=removed.id)
    owner.hears()
    assert Delivery.objects.count() == 0
    assert rings == []
    owner.hears("refund.completed")
    assert len(rings) == 1


def test_bell_rings_after_the_commit_and_a_broker_that_is_away_stops_nothing(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wallets.webhooks.tasks import deliver

    rings: list[None] = []

    def broken() -> None:
        rings.append(None)
        raise ConnectionError("the broker is away")

    monkeypatch.setattr(deliver, "delay", broken)
    monkeypatch.setattr(bell, "_next_ring", 0.0)
    owner.registers(URL)
    with transaction.atomic():
        owner.hears()
        assert rings == []
    owner.hears()
    assert len(rings) == 1  # and once a second at most
    assert Delivery.objects.count() == 2


def test_event_of_a_transaction_that_rolls_back_never_was(owner: Owner) -> None:
    owner.registers(URL)
    with transaction.atomic():
        owner.hears()
        transaction.set_rollback(True)
    assert Delivery.objects.count() == 0


def test_second_emit_with_an_id_does_nothing(owner: Owner) -> None:
    owner.registers(URL)
    event_id = owner.hears()
    body = Delivery.objects.get().body
    emit(owner_id=owner.id, event=EVENT, event_id=event_id, data={"other": 1})
    assert Delivery.objects.get().body == body
    owner.registers(URL)
    owner.hears(event_id=event_id)  # the new endpoint has not heard of it
    assert Delivery.objects.count() == 2


def test_body_is_type_time_and_data(owner: Owner, time: Time) -> None:
    owner.registers(URL)
    owner.hears()
    row = Delivery.objects.get()
    body: dict[str, Any] = json.loads(row.body)
    assert list(body) == ["type", "timestamp", "data"]
    assert body["type"] == EVENT
    assert body["data"] == DATA
    assert body["timestamp"] == time.moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert "茶" in row.body


def test_what_waits_for_a_removed_endpoint_ends(owner: Owner) -> None:
    endpoint = owner.registers(URL)
    owner.hears()
    remove_endpoint(owner_id=owner.id, endpoint_id=endpoint.id)
    assert Delivery.objects.get().state == "ended"
    assert SigningSecret.objects.count() == 0
    assert endpoints_of(owner.id) == []
    for call in (remove_endpoint, rotate_secret, redeliver):
        assert not_found(lambda call=call: call(owner_id=owner.id, endpoint_id=endpoint.id))  # type: ignore[misc]


def test_who_rotates_again_and_again_has_four_secrets(owner: Owner, time: Time) -> None:
    endpoint = owner.registers(URL)
    rotated = [rotate_secret(owner_id=owner.id, endpoint_id=endpoint.id) for _ in range(6)]
    kept = [row.secret for row in SigningSecret.objects.order_by("id")]
    assert kept == rotated[-4:]
    assert SigningSecret.objects.get(signs_until=None).secret == rotated[-1]
    time.move(timedelta(hours=25))
    purge()
    assert [row.secret for row in SigningSecret.objects.all()] == rotated[-1:]


def test_month_old_rows_are_forgotten_and_what_is_due_is_not(owner: Owner, time: Time) -> None:
    removed, kept = owner.registers(URL), owner.registers(URL, "order.closed")
    owner.hears()
    Attempt.objects.create(delivery=Delivery.objects.get(), at=time.moment, status=500, ms=1)
    remove_endpoint(owner_id=owner.id, endpoint_id=removed.id)
    time.move(timedelta(days=29))
    purge()
    assert Delivery.objects.count() == Attempt.objects.count() == 1
    time.move(timedelta(days=2))
    owner.hears("order.closed")
    purge()
    assert Delivery.objects.get().state == "due"
    assert Attempt.objects.count() == 0
    assert Endpoint.objects.get() == kept


def test_delivery_that_a_removal_overlooked_is_ended_by_the_purge(owner: Owner) -> None:
    """A transaction that began to tell before the removal may commit after it."""
    endpoint = owner.registers(URL)
    remove_endpoint(owner_id=owner.id, endpoint_id=endpoint.id)
    Delivery.objects.create(endpoint=endpoint, event=EVENT, event_id=new_id(), body="{}")
    purge()
    assert Delivery.objects.get().state == "ended"
