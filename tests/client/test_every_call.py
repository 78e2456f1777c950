"""The client has a method for every call of a holder that the bank's OpenAPI document has."""

import inspect
import re
from typing import Any

from cbdc.client.device import Device
from cbdc.client.wallet_client import Enrolment, WalletClient
from cbdc.clock import now
from tests.client import wire
from tests.client.document import called, promised
from tests.client.stub import Asked, Reply, Stub
from tests.client.test_wallet_client import verified

PEER, ACCOUNT = "0012000000000016", "620011000000000011"
SECTIONS = tuple(
    f"/api/v1/{name}"
    for name in ("enrolments", "sessions", "devices", "wallets", "payment", "export")
)
STATEMENT = "occurred_at,transaction_id\r\n"


def respond(asked: Asked) -> Reply:
    """An answer of the right shape for each path."""
    if asked.method == "DELETE":
        return Reply(204)
    answers: list[tuple[str, Any]] = [
        ("/confirm$", {"wallet": wire.WALLET, "device_id": "device-1", **wire.SESSION}),
        ("/enrolments$", {"enrolment_id": "e", "expires_at": "2026-11-24T10:05:00Z"}),
        ("/sessions$", wire.SESSION),
        ("/devices$", _page(wire.DEVICE)),
        ("/wallets$", _page(wire.WALLET)),
        ("/transactions$", _page(wire.TRANSACTION)),
        ("/payment-requests$", _page(wire.REQUEST) if asked.method == "GET" else wire.REQUEST),
        ("/accept$|/payments$|/payments/", wire.PAYMENT),
        ("/payment-requests/", wire.REQUEST),
        ("/payment-codes$", wire.CODE),
        ("/top-ups$|/withdrawals$", wire.EXCHANGE),
        ("/qr$", wire.QR),
        ("/auto-top-up$", wire.AUTO_TOP_UP),
        ("/transit-credentials$", wire.CREDENTIAL),
        ("/journeys$", _page(wire.JOURNEY)),
        ("/correction$", wire.JOURNEY),
        ("/export$", {"phone": "+86"}),
        ("/wallets/", wire.WALLET),
    ]
    for pattern, body in answers:
        if re.search(pattern, asked.path):
            return Reply(200, body)
    raise AssertionError(asked.path)


def _page(row: dict[str, Any]) -> dict[str, Any]:
    return {"data": [row], "next_cursor": None}


def call_everything(client: WalletClient) -> None:
    client.confirm(Enrolment("e", now()), "123456")
    client.enrol()
    client.login()
    client.devices()
    client.revoke("device-2")
    client.wallets()
    client.wallet()
    client.upgrade(2, full_name="Li", id_number="x", deposit_account=ACCOUNT)
    client.open_sub_wallet("metro", limits={"daily": 1}, merchant_id="m")
    client.freeze()
    client.unfreeze()
    client.close(ACCOUNT)
    assert client.qr(5) == "000201"
    assert client.auto_top_up() == ACCOUNT
    client.switch_auto_top_up_on(ACCOUNT)
    client.switch_auto_top_up_off()
    client.top_up(1, ACCOUNT)
    client.withdraw(1, ACCOUNT)
    client.pay(PEER, 1)
    client.pay_qr("000201", 1, "tea", wait_s=1)
    client.payment("0193-p")
    client.payment_code()
    client.request_payment(PEER, 25_00, "dinner", expires_in_s=60)
    list(client.payment_requests("payer"))
    client.payment_request("0193-r")
    client.accept_request("0193-r", wait_s=1)
    client.decline_request("0193-r")
    client.cancel_request("0193-r")
    assert client.transit_credential().credential == "AQALq83v"
    assert [journey.origin for journey in client.journeys()] == ["harbour"]
    client.correct_journey(None, "0193-j", station="airport")
    list(client.transactions())
    assert client.export() == {"phone": "+86"}


def test_every_call_of_the_document_has_a_method(
    stub: Stub, client: WalletClient, device: Device
) -> None:
    stub.respond = respond
    call_everything(client)
    operations = promised(*SECTIONS)
    made = called(stub.asked, operations)
    missing = operations.keys() - made.keys() - {("GET", "/api/v1/wallets/{wallet_id}/statement")}
    assert not missing
    for call, (asked, parameters) in made.items():
        if "Signature" in parameters and not asked.path.endswith("/sessions"):
            verified(asked, device)
        if parameters.get("Idempotency-Key", {}).get("required"):
            assert asked.headers["idempotency-key"], call


def test_a_statement_is_a_text(stub: Stub, client: WalletClient) -> None:
    page = {"Content-Type": "text/csv; charset=utf-8"}
    stub.replies = [Reply(200, wire.SESSION), Reply(200, STATEMENT, page, raw=True)]
    text = client.statement(**{"from": "2026-11-24"})
    assert text == STATEMENT
    asked = stub.asked[1]
    assert (asked.headers["accept"], asked.query) == ("text/csv", {"from": "2026-11-24"})


def test_every_method_says_what_it_does() -> None:
    for name, method in inspect.getmembers(WalletClient, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name
            assert inspect.signature(method).return_annotation is not inspect.Signature.empty


def test_headers_for_another_program_verify(
    stub: Stub, client: WalletClient, device: Device
) -> None:
    stub.respond = respond
    body = b'{"amount": 1}'
    headers = client.headers_for("POST", "/api/v1/payments", body, idempotency_key="k")
    lower = {name.lower(): value for name, value in headers.items()}
    host = stub.url.removeprefix("http://")
    asked = Asked("POST", "/api/v1/payments", {}, {**lower, "host": host}, body)
    assert verified(asked, device).keyid == "device-1"
    assert headers["Idempotency-Key"] == "k"
