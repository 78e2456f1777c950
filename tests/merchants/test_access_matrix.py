"""Every call of a merchant × everyone who must not make it: the same refusal, no trace."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings

from cbdc.clock import injected, now
from cbdc.identifiers import new_id
from tests import contract
from tests.books import fingerprint
from tests.holders import JSON, Holder
from tests.in_process import DATABASES
from tests.merchants.support import ORDERS, Till, refused
from tests.support import acting_as
from wallets.merchants.keys import OVERLAP, Scope, replace_key, revoke_key
from wallets.merchants.models import ApiKey, Merchant
from wallets.merchants.seeds import COFFEE, take_on

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
Said = dict[str, tuple[int, str]]


def calls() -> Iterator[tuple[str, str, str]]:
    """(name, method, path) of each call that takes a merchant's key."""
    for path, methods in contract.document()["paths"].items():
        for method, operation in methods.items():
            if contract.caller_of(operation) == "merchant":
                yield operation["operationId"], method.upper(), path


CALLS = list(calls())


def answers(credential: str, client: Client | None = None) -> Said:
    """What harbor says to each call of whoever has that credential."""
    said = {}
    with acting_as("harbor"):
        for name, method, path in CALLS:
            headers = {"Idempotency-Key": str(new_id())}
            if credential:
                headers["Authorization"] = f"Bearer {credential}"
            where = re.sub(r"{\w+}", lambda _: str(new_id()), path)
            answer = (client or Client()).generic(method, where, b"{}", JSON, headers=headers)
            code = "" if answer.status_code < 400 else answer.json()["code"]
            said[name] = (answer.status_code, code)
    return said


def everywhere(status: int, code: str) -> Said:
    return {name: (status, code) for name, *_ in CALLS}


UNKNOWN = everywhere(401, "authentication_required")


def key_row(till: Till) -> ApiKey:
    return ApiKey.objects.get(merchant_id=till.merchant_id, name="other")


def test_there_are_calls() -> None:
    assert len(CALLS) >= 16


def test_nobody_is_let_in_without_a_key_in_use(shop: Till, far_shop: Till, alice: Holder) -> None:
    before = fingerprint("harbor")
    for credential in ("", "sk_", "sk_" + "A" * 43, shop.key[:-1], alice.token, far_shop.key):
        assert answers(credential) == UNKNOWN, credential
    assert fingerprint("harbor") == before


def test_session_of_the_staff_is_no_key(shop: Till) -> None:
    client = Client()
    with acting_as("harbor"):
        client.force_login(User.objects.create_superuser("boss", password="not a secret"))
    assert answers("", client) == UNKNOWN


def test_revoked_key_opens_nothing_from_that_moment(shop: Till) -> None:
    other = shop.other_key()
    assert other.get(ORDERS).status_code == 200
    with acting_as("harbor"):
        assert revoke_key(key_id=key_row(shop).id)
        assert not revoke_key(key_id=key_row(shop).id)
    assert answers(other.key) == UNKNOWN
    assert shop.get(ORDERS).status_code == 200


def test_replaced_key_goes_on_for_a_day(shop: Till) -> None:
    other = shop.other_key()
    with acting_as("harbor"):
        replace_key(key=key_row(shop), by="acquirer")
    assert other.get(ORDERS).status_code == 200
    later = now() + OVERLAP + timedelta(seconds=1)
    with injected(lambda: later):
        assert answers(other.key) == UNKNOWN


def test_suspended_merchant_is_refused_everywhere(shop: Till) -> None:
    shop.terms(status=Merchant.Status.SUSPENDED)
    assert answers(shop.key) == everywhere(403, "permission_denied")


@pytest.mark.parametrize("scope", Scope)
def test_key_does_what_its_scope_says_alone(shop: Till, scope: Scope) -> None:
    said = answers(shop.other_key(scope).key)
    opened = {name for name, (status, _) in said.items() if status != 403}
    reading = {"find_orders", "an_order", "a_refund", "refunds_of_an_order"}
    own = {
        Scope.ORDERS: {"place_an_order", "close_an_order", "make_a_static_qr_code"},
        Scope.CHARGES: {"charge_a_payment_code"},
        Scope.REFUNDS: {"refund_an_order"},
        Scope.STATEMENTS: {"merchant_statement"},
        Scope.WEBHOOKS: {name for name, *_ in CALLS if "webhook" in name},
        Scope.TRANSIT: set(),
    }
    assert opened == reading | own[scope]


@override_settings(DEVNET=True)  # a receiver on the loopback
def test_objects_of_another_merchant_are_like_none(shop: Till) -> None:
    order = shop.order()
    hook = {"url": "http://127.0.0.1:9000/hook", "events": ["order.paid"]}
    endpoint = shop.post("/api/v1/merchant/webhook-endpoints", hook).json()
    rival = shop.other_key()
    with acting_as("harbor"):
        made, _ = take_on("Rival", COFFEE, serial=37341, phone_ends="0099")
        ApiKey.objects.filter(merchant_id=shop.merchant_id, name="other").update(merchant=made)
    before = fingerprint("harbor")
    refund = {"out_refund_no": "R-1", "amount": 1, "reason": "x"}
    of_id: dict[str, Callable[[str], str]] = {
        "an order": lambda one: f"{ORDERS}/{one or order['order_id']}",
        "an endpoint": lambda one: (
            f"/api/v1/merchant/webhook-endpoints/{one or endpoint['endpoint_id']}"
        ),
    }
    for what, path in of_id.items():
        theirs, nobodys = rival.get(path("")), rival.get(path(str(new_id())))
        assert refused(theirs) == (404, "not_found"), what
        assert theirs.json() == nobodys.json()
    posts = {
        f"{of_id['an order']('')}/close": {},
        f"{of_id['an order']('')}/refunds": refund,
        f"{of_id['an endpoint']('')}/redeliver": {},
        f"{of_id['an endpoint']('')}/rotate-secret": {},
    }
    for where, body in posts.items():
        assert refused(rival.post(where, body)) == (404, "not_found"), where
    number = rival.get(ORDERS, out_trade_no=order["out_trade_no"])
    assert refused(number) == (404, "not_found")
    assert rival.get(ORDERS).json()["data"] == []
    assert fingerprint("harbor") == before
