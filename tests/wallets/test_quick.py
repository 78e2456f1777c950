"""What is answered before Django: the same status, headers and body, and nothing done twice."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError
from django.test import RequestFactory, override_settings
from prometheus_client import REGISTRY

from cbdc import prepared
from cbdc.api.quick import Environ, QuickDoor
from cbdc.identifiers import new_id
from commercial_banks.clearing.audit import audit_bank
from tests.holders import JSON, Holder
from tests.in_process import DATABASES
from tests.support import acting_as
from wallets.accounts import authentication
from wallets.payments import at_once
from wallets.quick_calls import QUICK_CALLS

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

PAYMENTS = "/api/v1/payments"
UNSAID = {"Allow"}  # REST framework says it with every answer; only a 405 must
# Of one answer, and not of the next one.
OWN = ("payment_id", "created_at", "completed_at")


@dataclass
class Said:
    status: int
    headers: dict[str, str]
    body: Any


class Door:
    """harbor's door, and whether Django was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self._django = WSGIHandler()
        self._door = QuickDoor(self._count, QUICK_CALLS)

    def _count(self, environ: Environ, start_response: Any) -> Any:
        self.asked += 1
        return self._django(environ, start_response)

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Said:
        """Through the door."""
        return self._say(self._door, method, url, headers, body, more)

    def django(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Said:
        """Past it."""
        return self._say(self._django, method, url, headers, body, more)

    def _say(
        self,
        application: Any,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        more: Mapping[str, str],
    ) -> Said:
        request = RequestFactory().generic(method, url, body, JSON, headers=dict(headers))
        environ = {**request.environ, "wsgi.input": BytesIO(body), **more}
        told: list[Any] = []
        with acting_as("harbor"):
            answer = application(environ, lambda *said: told.extend(said))
            content = b"".join(answer)
            if hasattr(answer, "close"):
                answer.close()
        said = {name: value for name, value in told[1] if name not in UNSAID}
        return Said(int(told[0].split()[0]), said, json.loads(content))


@pytest.fixture
def door() -> Door:
    return Door()


def _payment(
    payer: Holder, payee: Holder, amount: int = 1_00, **changes: Any
) -> tuple[Mapping[str, str], bytes]:
    """A signed payment, as headers and body."""
    body = json.dumps(
        {"payer_wallet": payer.wallet_id, "payee_wallet": payee.wallet_id, "amount": amount}
    ).encode()
    return payer.headers(PAYMENTS, body, **changes), body


def _bearer(holder: Holder) -> dict[str, str]:
    return {"Authorization": f"Bearer {holder.token}"}


def test_a_plain_payment_is_answered_as_django_would(
    alice: Holder, bob: Holder, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = door("POST", PAYMENTS, *_payment(alice, bob))
    assert (door.asked, bob.balance) == (0, 1_00)
    monkeypatch.setattr(at_once, "pay_at_once", lambda *_: None)
    slow = door("POST", PAYMENTS, *_payment(alice, bob))
    assert (door.asked, bob.balance) == (1, 2_00)
    for said in (quick, slow):
        said.body = {name: value for name, value in said.body.items() if name not in OWN}
        said.headers.pop("Content-Length")  # fractions of seconds differ in length
    assert quick == slow
    assert quick.status == 201
    with acting_as("harbor"):
        assert audit_bank() == []


def test_a_balance_is_answered_as_django_would(alice: Holder, door: Door) -> None:
    path = f"/api/v1/wallets/{alice.wallet_id}"
    quick = door("GET", path, _bearer(alice))
    assert door.asked == 0
    assert quick == door.django("GET", path, _bearer(alice))
    assert quick.body["wallet_id"] == alice.wallet_id


def test_a_key_that_was_used_is_replayed(alice: Holder, bob: Holder, door: Door) -> None:
    key = str(new_id())
    first = door("POST", PAYMENTS, *_payment(alice, bob, idempotency_key=key))
    again = door("POST", PAYMENTS, *_payment(alice, bob, idempotency_key=key))
    assert (first.body, door.asked, bob.balance) == (again.body, 1, 1_00)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 0}, "invalid_amount"),
        ({"amount": 9_999_00}, "payment_limit_exceeded"),
        ({"signed": False}, "signature_missing"),
        ({"digest_of": b"{}"}, "signature_invalid"),
        ({"created": 1}, "signature_expired"),
        ({"idempotency_key": None, "components": ("@method", "@path", "content-digest")}, None),
    ],
)
def test_a_refusal_is_djangos(
    alice: Holder, bob: Holder, door: Door, changes: dict[str, Any], code: str | None
) -> None:
    headers, body = _payment(alice, bob, **changes)
    said = door("POST", PAYMENTS, headers, body)
    assert door.asked == 1
    past = door.django("POST", PAYMENTS, headers, body)
    assert (said.status, said.body) == (past.status, past.body)
    assert said.status >= 400
    assert code in (None, said.body["code"])
    assert bob.balance == 0


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"QUERY_STRING": "a=1"}, 201),
        ({"HTTP_ACCEPT": "text/html"}, 406),
        ({"CONTENT_TYPE": "text/plain"}, 415),
        ({"CONTENT_LENGTH": "99999"}, 413),
        ({"CONTENT_LENGTH": "many"}, 400),
        ({"HTTP_HOST": "elsewhere.example"}, 400),
    ],
)
def test_what_is_not_plain_is_djangos(
    alice: Holder, bob: Holder, door: Door, more: dict[str, str], status: int
) -> None:
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        headers, body = _payment(alice, bob)
        said = door("POST", PAYMENTS, headers, body, more)
    assert (said.status, door.asked) == (status, 1)
    assert bob.balance == (1_00 if status == 201 else 0)


def test_others_see_nothing_of_a_wallet(alice: Holder, bob: Holder, door: Door) -> None:
    path = f"/api/v1/wallets/{alice.wallet_id}"
    assert door("GET", path, _bearer(bob)).body["code"] == "not_found"
    assert door("GET", path, {}).body["code"] == "authentication_required"
    assert door("DELETE", path, _bearer(alice)).body["code"] == "method_not_allowed"
    assert door.asked == 3


def test_http_is_sent_to_https_as_ever(alice: Holder, door: Door) -> None:
    path = f"/api/v1/wallets/{alice.wallet_id}"
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=60):
        behind = Door()
        secure = behind("GET", path, _bearer(alice), b"", {"wsgi.url_scheme": "https"})
        assert (secure.headers["Strict-Transport-Security"], behind.asked) == ("max-age=60", 0)
        request = RequestFactory().generic("GET", path, headers=_bearer(alice))
        told: list[Any] = []
        with acting_as("harbor"):
            QuickDoor(WSGIHandler(), QUICK_CALLS)(request.environ, lambda *said: told.extend(said))
        assert told[0] == "301 Moved Permanently"


def test_a_call_that_fails_is_djangos(
    alice: Holder, bob: Holder, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the effect is there and its answer was lost."""
    pay = prepared.one_row

    def lost(statement: str, values: Any) -> None:
        pay(statement, values)
        raise OperationalError("the connection was lost")

    monkeypatch.setattr(at_once, "one_row", lost)
    headers, body = _payment(alice, bob)
    said = door("POST", PAYMENTS, headers, body)
    assert (said.status, said.body["code"]) == (503, "institution_unavailable")
    assert (door.asked, bob.balance) == (1, 1_00)
    monkeypatch.setattr(at_once, "one_row", pay)
    said = door("POST", PAYMENTS, headers, body)
    assert (said.status, said.headers["Idempotency-Replayed"]) == (201, "true")
    assert bob.balance == 1_00


def test_what_was_tried_quickly_is_not_tried_again_by_the_view(
    alice: Holder, bob: Holder, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    check = authentication.verify_signature

    def noted(request: Any, caller: Any) -> Any:
        tried.append(caller.wallet_id)
        return check(request, caller)

    monkeypatch.setattr(at_once, "verify_signature", noted)
    assert door("POST", PAYMENTS, *_payment(alice, bob, 9_999_00)).status == 422
    assert (tried, door.asked) == ([alice.wallet_id], 1)


def test_quick_calls_are_counted_by_their_route(alice: Holder, bob: Holder, door: Door) -> None:
    labels = {"method": "POST", "route": "api/v1/payments", "status": "201"}
    before = REGISTRY.get_sample_value("http_requests_total", labels) or 0
    door("POST", PAYMENTS, *_payment(alice, bob))
    assert REGISTRY.get_sample_value("http_requests_total", labels) == before + 1
