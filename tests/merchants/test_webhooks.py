"""What a merchant's endpoints are told, by whom, and how it looks after them."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.books import fingerprint
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import ORDERS, PRICE, Till, refused, scan
from tests.support import acting_as
from tests.webhooks.receiver import Receiver
from wallets.merchants.events import EVENTS
from wallets.webhooks.delivery import deliver_due

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
PATH = "/api/v1/merchant/webhook-endpoints"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with ExitStack() as stack:
        yield stack.enter_context(Receiver())


def register(till: Till, receiver: Receiver, *events: str) -> dict[str, Any]:
    answer = till.post(PATH, {"url": receiver.url, "events": list(events or EVENTS)})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def told(till: Till, receiver: Receiver, secret: str) -> list[tuple[str, dict[str, Any]]]:
    """(event, data) of everything that was sent, each signature checked."""
    with acting_as(till.bank):
        deliver_due()
    events = []
    for request in receiver.received:
        Webhook(secret).verify(request.body, dict(request.headers))
        body = json.loads(request.body)
        events.append((body["type"], body["data"]))
    return events


def test_orders_and_refunds_are_told_once_as_they_ended(
    network: Network, far_shop: Till, alice: Holder, receiver: Receiver
) -> None:
    secret = register(far_shop, receiver)["secret"]
    paid, closed = far_shop.order(), far_shop.order()
    scan(alice, paid)
    scan(alice, far_shop.order(PRICE + 1))
    network.drain()
    far_shop.post(f"{ORDERS}/{closed['order_id']}/close")
    far_shop.post(f"{ORDERS}/{closed['order_id']}/close")
    refund = far_shop.refund(paid, 5_00).json()
    network.drain()
    events = told(far_shop, receiver, secret)
    by_subject = sorted(
        (event, data.get("refund_id") or data["order_id"], data["status"]) for event, data in events
    )
    assert len(events) == 4
    assert ("order.paid", paid["order_id"], "paid") in by_subject
    assert ("order.closed", closed["order_id"], "closed") in by_subject
    assert ("refund.completed", refund["refund_id"], "completed") in by_subject
    ids = {request.headers["webhook-id"] for request in receiver.received}
    assert len(ids) == 4
    [data] = [d for event, d in events if event == "order.paid" and d["amount"] == PRICE]
    seen = far_shop.see(paid)
    assert data == {**seen, "refunded": 0}  # as it was when it was paid


def test_endpoint_hears_of_its_own_events_alone(
    shop: Till, alice: Holder, receiver: Receiver
) -> None:
    secret = register(shop, receiver, "order.closed")["secret"]
    scan(alice, shop.order())
    assert told(shop, receiver, secret) == []


def test_refused_payment_tells_nothing(shop: Till, bob: Holder, receiver: Receiver) -> None:
    secret = register(shop, receiver)["secret"]
    assert scan(bob, shop.order()).status_code == 422  # Bob has no money
    assert told(shop, receiver, secret) == []


def test_endpoints_are_listed_without_their_secrets(shop: Till, receiver: Receiver) -> None:
    made = register(shop, receiver)
    [listed] = shop.get(PATH).json()["data"]
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    assert shop.get(f"{PATH}/{made['endpoint_id']}").json() == listed


def test_removed_endpoint_is_told_nothing_more(
    shop: Till, alice: Holder, receiver: Receiver
) -> None:
    made = register(shop, receiver)
    scan(alice, shop.order())
    removed = shop.delete(f"{PATH}/{made['endpoint_id']}")
    assert removed.status_code == 204
    assert told(shop, receiver, made["secret"]) == []
    assert refused(shop.get(f"{PATH}/{made['endpoint_id']}")) == (404, "not_found")
    assert refused(shop.delete(f"{PATH}/{made['endpoint_id']}")) == (404, "not_found")


def test_event_is_sent_again_on_request_under_its_id(
    shop: Till, alice: Holder, receiver: Receiver
) -> None:
    made = register(shop, receiver)
    scan(alice, shop.order())
    told(shop, receiver, made["secret"])
    assert shop.post(f"{PATH}/{made['endpoint_id']}/redeliver").json() == {"redelivered": 0}
    first = receiver.received[0].headers["webhook-id"].removeprefix("msg_")
    event_id = "-".join((first[:8], first[8:12], first[12:16], first[16:20], first[20:]))
    again = shop.post(f"{PATH}/{made['endpoint_id']}/redeliver", {"event_id": event_id})
    assert again.json() == {"redelivered": 1}
    told(shop, receiver, made["secret"])
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    assert len(receiver.received) == 2


def test_new_secret_signs_beside_the_old_one(shop: Till, alice: Holder, receiver: Receiver) -> None:
    made = register(shop, receiver)
    rotated = shop.post(f"{PATH}/{made['endpoint_id']}/rotate-secret").json()
    assert rotated["secret"] != made["secret"]
    scan(alice, shop.order())
    for secret in (made["secret"], rotated["secret"]):
        assert [event for event, _ in told(shop, receiver, secret)] == ["order.paid"]


def test_wrong_endpoints_are_refused_and_change_nothing(shop: Till) -> None:
    cases: list[tuple[Any, Any, str]] = [
        ("http://shop.example/hook", ["order.paid"], "url"),
        ("https://10.0.0.1/hook", ["order.paid"], "url"),
        ("https://[::ffff:127.0.0.1]/hook", ["order.paid"], "url"),
        ("ftp://shop.example", ["order.paid"], "url"),
        ("http://127.0.0.1:9000/", [], "events"),
        ("http://127.0.0.1:9000/", ["order.eaten"], "events[0]"),
        ("http://127.0.0.1:9000/", "order.paid", "events"),
    ]
    before = fingerprint("harbor")
    for url, events, field in cases:
        answer = shop.post(PATH, {"url": url, "events": events})
        assert refused(answer) == (422, "validation_failed"), url
        assert [entry["field"] for entry in answer.json()["errors"]] == [field], url
    assert fingerprint("harbor") == before
