"""Every call of a holder against another holder's objects: 404, as if they did not exist."""

import re
from typing import Any

import pytest
from django.test import Client

from cbdc.identifiers import new_id
from tests import contract
from tests.books import fingerprint
from tests.holders import JSON, Holder, nobodys_wallet
from tests.in_process import DATABASES
from tests.support import acting_as
from wallets.qr import QrCode, encode

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
# They name no object of a holder: who calls is all that counts.
NO_OBJECT = {
    "enrol",
    "confirm_an_enrolment",
    "open_a_session",
    "wallets",
    "devices",
    "payment_requests",
    "export",
}
MOVEMENT = {"amount": 1, "deposit_account": "620011000000000011"}


def bodies(owner: Holder, caller: Holder) -> dict[str, Any]:
    """A right body for each operation, whose objects are the owner's."""
    pay = {"payer_wallet": owner.wallet_id, "payee_wallet": caller.wallet_id, "amount": 1}
    return {
        "pay": pay,
        "make_a_payment_code": {"wallet_id": owner.wallet_id},
        "ask_for_a_payment": {**pay, "payee_wallet": owner.wallet_id},
        "top_up": {**MOVEMENT, "deposit_account": caller.deposit_account},
        "withdraw": {**MOVEMENT, "deposit_account": caller.deposit_account},
        "switch_automatic_top_up_on": {"deposit_account": caller.deposit_account},
        "close_a_wallet": {"deposit_account": caller.deposit_account},
        "open_a_sub_wallet": {"name": "metro"},
        "correct_a_journey": {"station": "airport"},
        "upgrade_a_wallet": {
            "category": 3,
            "full_name": "Harbor Bank Customer 02",
            "id_number": "110101199001012221",
        },
    }


def call(caller: Holder, method: str, path: str, body: Any) -> Any:
    if method == "GET":
        return caller.get(path)
    if method == "DELETE":
        return caller.delete(path)
    return caller.post(path, body, method=method)


def test_every_call_against_anothers_object_is_not_found(
    alice: Holder, bob: Holder, carol: Holder
) -> None:
    payment = alice.pay(carol.wallet_id, 1_00).json()["payment_id"]
    asked = {"payee_wallet": alice.wallet_id, "payer_wallet": carol.wallet_id, "amount": 1}
    request = alice.post("/api/v1/payment-requests", asked).json()["request_id"]
    theirs = {
        "wallet_id": alice.wallet_id,
        "payment_id": payment,
        "device_id": alice.device_id,
        "request_id": request,
        "journey_id": str(new_id()),
    }
    nobodys = {"wallet_id": nobodys_wallet("harbor")} | dict.fromkeys(
        ("payment_id", "device_id", "request_id", "journey_id"), str(new_id())
    )
    tried = set()
    for template, operations in contract.document()["paths"].items():
        for method, operation in operations.items():
            name = operation["operationId"]
            if contract.caller_of(operation) != "holder" or name in NO_OBJECT:
                continue
            tried.add(name)
            body = bodies(alice, bob).get(name, {})
            before = fingerprint("harbor")
            answers = [
                call(bob, method.upper(), re.sub(r"{(\w+)}", lambda m: ids[m[1]], template), body)  # noqa: B023
                for ids in (theirs, nobodys)
            ]
            for answer in answers:
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), name
            assert answers[0].content == answers[1].content, name
            assert fingerprint("harbor") == before, name
    assert len(tried) >= 26, tried


def test_qr_from_anothers_wallet_is_not_found(alice: Holder, bob: Holder) -> None:
    qr = encode(QrCode(wallet_id=bob.wallet_id, amount=1))
    answer = bob.post("/api/v1/payments", {"payer_wallet": alice.wallet_id, "qr": qr})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_every_call_needs_its_proof(alice: Holder) -> None:
    ids = {
        "wallet_id": alice.wallet_id,
        "payment_id": str(new_id()),
        "device_id": alice.device_id,
        "request_id": str(new_id()),
        "journey_id": str(new_id()),
    }
    client = Client()
    for template, operations in contract.document()["paths"].items():
        path = re.sub(r"{(\w+)}", lambda match: ids.get(match[1], "x"), template)
        for method, operation in operations.items():
            if contract.caller_of(operation) != "holder":
                continue
            headers = {"Idempotency-Key": str(new_id())}
            with acting_as("harbor"):
                answer = client.generic(method.upper(), path, b"{}", JSON, headers=headers)
            assert answer.json()["code"] == "authentication_required", operation["operationId"]
            signed = any(p["name"] == "Signature" for p in operation.get("parameters", []))
            if signed:
                unsigned = alice.post(path, {}, method=method.upper(), signed=False)
                assert unsigned.json()["code"] == "signature_missing", operation["operationId"]
