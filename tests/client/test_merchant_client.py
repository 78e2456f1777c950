"""The merchant's client has a method for every call of a merchant that the document has."""

import inspect
import re
from typing import Any

import pytest

from cbdc.client.merchant_client import MerchantClient
from cbdc.client.transport import ApiProblem, Transport
from tests.client.document import called, promised
from tests.client.stub import Asked, Reply, Stub, problem
from wallets.merchants import schemas

KEY = "sk_secret"
TEXT = {"Content-Type": "text/csv; charset=utf-8"}
XML = {"Content-Type": "application/xml"}


@pytest.fixture
def merchant(stub: Stub, transport: Transport) -> MerchantClient:
    return MerchantClient(stub.url, KEY, transport=transport)


def respond(asked: Asked) -> Reply:
    """An answer of the right shape for each path."""
    if asked.method == "DELETE":
        return Reply(204)
    if "/statements/" in asked.path:
        camt = asked.query.get("format") == "camt.053"
        return Reply(200, "<Document/>" if camt else "kind\r\n", XML if camt else TEXT, raw=True)
    endpoint = schemas.NEW_ENDPOINT_EXAMPLE
    answers: list[tuple[str, Any]] = [
        ("/redeliver$", {"redelivered": 1}),
        ("/rotate-secret$", endpoint),
        ("/webhook-endpoints$", _page(endpoint) if asked.method == "GET" else endpoint),
        ("/webhook-endpoints/", endpoint),
        (
            "/refunds$",
            _page(schemas.REFUND_EXAMPLE) if asked.method == "GET" else schemas.REFUND_EXAMPLE,
        ),
        ("/refunds/", schemas.REFUND_EXAMPLE),
        ("/static-qr$", {"wallet_id": "0011", "qr": "000201"}),
        ("/charges$|/close$|/orders/", schemas.PAID_EXAMPLE),
    ]
    if asked.path.endswith("/orders"):
        many = asked.method == "GET" and "out_trade_no" not in asked.query
        return Reply(200, _page(schemas.ORDER_EXAMPLE) if many else schemas.ORDER_EXAMPLE)
    for pattern, body in answers:
        if re.search(pattern, asked.path):
            return Reply(200, body)
    raise AssertionError(asked.path)


def _page(row: dict[str, Any]) -> dict[str, Any]:
    return {"data": [row], "next_cursor": None}


def call_everything(merchant: MerchantClient) -> None:
    order = merchant.order("A-1", 18_00, "tea", expires_in_s=60, terminal="till-1")
    assert (order.status, order.amount) == ("open", 18_00)
    merchant.charge("A-2", 18_00, "tea", "0" * 20, wait_s=5)
    assert merchant.find("o").status == "paid"
    assert merchant.find_by_number("A-1").out_trade_no == "2026-0001"
    assert [one.status for one in merchant.orders("open")] == ["open"]
    assert merchant.await_order("o", timeout_s=1).status == "paid"
    merchant.close("o")
    assert merchant.static_qr() == "000201"
    assert merchant.refund("o", "R-1", 5_00, "cold", wait_s=5).status == "completed"
    merchant.find_refund("r")
    assert len(list(merchant.refunds("o"))) == 1
    assert merchant.statement("2026-11-25") == "kind\r\n"
    assert merchant.statement_camt053("2026-11-25") == "<Document/>"
    assert merchant.register_endpoint("https://x.example", ["order.paid"]).secret == "whsec_AAAA"
    assert len(list(merchant.endpoints())) == 1
    merchant.endpoint("e")
    merchant.rotate_secret("e")
    assert merchant.redeliver("e", "event") == 1
    merchant.remove_endpoint("e")


def test_every_call_of_the_document_has_a_method(stub: Stub, merchant: MerchantClient) -> None:
    stub.respond = respond
    call_everything(merchant)
    operations = promised("/api/v1/merchant/")
    made = called(stub.asked, operations)
    assert made.keys() == operations.keys()
    for asked, parameters in made.values():
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        if "Idempotency-Key" in parameters:
            assert asked.headers["idempotency-key"]


def test_lost_answer_is_asked_for_again_under_the_same_key(
    stub: Stub, merchant: MerchantClient
) -> None:
    stub.replies = [problem(503, "institution_unavailable"), Reply(201, schemas.ORDER_EXAMPLE)]
    merchant.order("A-1", 1, "tea")
    first, again = stub.asked
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"]
    assert first.raw == again.raw


def test_refusal_is_an_api_problem(stub: Stub, merchant: MerchantClient) -> None:
    stub.replies = [problem(409, "duplicate_out_trade_no")]
    with pytest.raises(ApiProblem) as caught:
        merchant.order("A-1", 1, "tea")
    assert caught.value.code == "duplicate_out_trade_no"


def test_every_method_says_what_it_does() -> None:
    for name, method in inspect.getmembers(MerchantClient, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name
            assert inspect.signature(method).return_annotation is not inspect.Signature.empty
