"""Staff sees where events went, sends again what it may, and sees no secret."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.webhooks.conftest import DATABASES, Owner
from tests.webhooks.receiver import Receiver
from wallets.webhooks.delivery import deliver_due
from wallets.webhooks.domain import RETRY_AFTER
from wallets.webhooks.models import Delivery, Endpoint
from wallets.webhooks.services import remove_endpoint

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
DELIVERIES = "/admin/webhooks/delivery/"
ENDPOINTS = "/admin/webhooks/endpoint/"


def staff(*codenames: str) -> Client:
    """Someone who is logged in and may do these things."""
    user = User.objects.create_user("-".join(codenames), is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def looks() -> Client:
    return staff("view_delivery", "view_endpoint", "view_attempt")


def given_up() -> None:
    Delivery.objects.update(state="given_up", attempts=len(RETRY_AFTER) + 1)


def ask_to_send_again(client: Client) -> str:
    ids = [str(row.id) for row in Delivery.objects.all()]
    asked = {"action": "send_again", "_selected_action": ids, "reason": "asked"}
    return client.post(DELIVERIES, asked, follow=True).content.decode()


def test_pages_show_attempts_and_neither_secret_nor_path_nor_body(
    owner: Owner, receiver: Receiver
) -> None:
    endpoint = owner.registers(receiver.url + "-canary-path?token=canary-query")
    receiver.answers(418)
    owner.hears()
    deliver_due()
    row = Delivery.objects.get()
    client = looks()
    pages = [ENDPOINTS, DELIVERIES, f"{ENDPOINTS}{endpoint.id}/change/"]
    text = ""
    for page in [*pages, f"{DELIVERIES}{row.id}/change/", f"{DELIVERIES}?state=due"]:
        answer = client.get(page)
        assert answer.status_code == 200, page
        text += answer.content.decode()
    assert "127.0.0.1" in text
    assert "HTTP 418" in text
    assert str(row.event_id) in text
    for hidden in ("canary", owner.secrets[endpoint.id], "whsec_", row.body, "order_id"):
        assert hidden not in text


def test_nobody_changes_rows_by_hand(owner: Owner, receiver: Receiver) -> None:
    endpoint = owner.registers(receiver.url)
    owner.hears()
    row = Delivery.objects.get()
    may = [f"{verb}_{name}" for verb in ("add", "change", "delete") for name in ("delivery",)]
    client = staff("view_delivery", "view_endpoint", "change_endpoint", "delete_endpoint", *may)
    for page in (DELIVERIES, ENDPOINTS):
        assert client.get(f"{page}add/").status_code == 403
    for page, key in ((DELIVERIES, row.id), (ENDPOINTS, endpoint.id)):
        assert client.post(f"{page}{key}/change/", {"state": "sent"}).status_code == 403
        assert client.post(f"{page}{key}/delete/", {"post": "yes"}).status_code == 403
    assert Delivery.objects.get().state == "due"
    assert Endpoint.objects.get().state == "live"


@pytest.mark.parametrize("before", [given_up, lambda: None])
def test_who_may_sends_again_what_was_given_up_or_sent(
    owner: Owner, receiver: Receiver, before: Callable[[], None]
) -> None:
    owner.registers(receiver.url)
    owner.hears()
    deliver_due()
    before()
    page = ask_to_send_again(staff("view_delivery", "change_delivery"))
    assert "1 deliveries are on their way again" in page
    assert deliver_due() == 1
    one, two = receiver.received
    assert one.headers["webhook-id"] == two.headers["webhook-id"]


def test_who_may_not_does_not(owner: Owner, receiver: Receiver) -> None:
    owner.registers(receiver.url)
    owner.hears()
    given_up()
    ask_to_send_again(looks())
    assert Delivery.objects.get().state == "given_up"


def test_what_is_under_way_or_ended_is_left_alone(owner: Owner, receiver: Receiver) -> None:
    endpoint = owner.registers(receiver.url)
    owner.registers(receiver.url)
    owner.hears()
    remove_endpoint(owner_id=owner.id, endpoint_id=endpoint.id)
    Delivery.objects.filter(state="due").update(attempts=3)
    page = ask_to_send_again(staff("view_delivery", "change_delivery"))
    assert "0 deliveries are on their way again" in page
    assert sorted(Delivery.objects.values_list("state", "attempts")) == [("due", 3), ("ended", 0)]
