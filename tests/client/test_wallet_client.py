"""What the wallet client sends is what API.md asks for, signed by the device."""

import time
from collections.abc import Iterator

import pytest

from cbdc.client.device import Device
from cbdc.client.models import Rejection
from cbdc.client.transport import ApiProblem, Unreachable
from cbdc.client.wallet_client import WalletClient
from cbdc.crypto import keys
from cbdc.crypto.http_signatures import (
    HOLDER_COMPONENTS,
    SESSION_COMPONENTS,
    Verified,
    verify_request,
)
from tests.client import wire
from tests.client.stub import HANG_UP, Asked, Reply, Stub, problem

SESSION = Reply(200, wire.SESSION)
PAID = Reply(201, wire.PAYMENT)


def verified(asked: Asked, device: Device, *, session: bool = False) -> Verified:
    """Check a request as a bank does.

    Raises:
        SignatureError: the bank would refuse it.
    """
    return verify_request(
        method=asked.method,
        path=asked.path,
        authority=asked.headers["host"],
        headers=asked.headers,
        body=asked.raw,
        resolve_key=lambda keyid: (
            keys.public_from_raw(device.public_key) if keyid == "device-1" else None
        ),
        required=SESSION_COMPONENTS if session else HOLDER_COMPONENTS,
        nonce_required=session,
        now=int(time.time()),
    )


def test_enrolment_gives_the_device_its_wallet(stub: Stub, client: WalletClient) -> None:
    client.device = Device(client.device.phone)
    stub.replies = [
        Reply(201, {"enrolment_id": "e 1", "expires_at": "2026-11-24T10:05:00Z"}),
        Reply(201, {"wallet": wire.WALLET, "device_id": "device-1", **wire.SESSION}),
        Reply(200, {"data": [wire.WALLET], "next_cursor": None}),
    ]
    wallet = client.confirm(client.enrol(device_name="phone"), "123456")
    assert (client.device.device_id, client.device.wallet_id) == ("device-1", wallet.wallet_id)
    assert [listed.wallet_id for listed in client.wallets()] == [wallet.wallet_id]
    enrol, confirm, listed_ = stub.asked
    assert enrol.body == {
        "phone": "+8613800000001",
        "device_public_key": client.device.public_key,
        "device_name": "phone",
    }
    assert (confirm.path, confirm.body) == ("/api/v1/enrolments/e%201/confirm", {"otp": "123456"})
    assert enrol.headers["idempotency-key"] != confirm.headers["idempotency-key"]
    assert listed_.headers["authorization"] == "Bearer token-1"


def test_a_session_is_signed_with_a_fresh_nonce_at_each_try(
    stub: Stub, client: WalletClient
) -> None:
    stub.replies = [HANG_UP, SESSION]
    client.login()
    nonces = {verified(asked, client.device, session=True).nonce for asked in stub.asked}
    assert len(nonces) == 2
    assert "idempotency-key" not in stub.asked[0].headers


def test_a_payment_is_signed_and_carries_what_was_meant(stub: Stub, client: WalletClient) -> None:
    stub.replies = [SESSION, PAID]
    payment = client.pay("0012000000000016", 12_34, "茶", wait_s=5, idempotency_key="my-key")
    asked = stub.asked[1]
    assert verified(asked, client.device).keyid == "device-1"
    assert asked.body == {
        "payer_wallet": "0011000000000017",
        "payee_wallet": "0012000000000016",
        "amount": 12_34,
        "memo": "茶",
    }
    assert asked.headers["idempotency-key"] == "my-key"
    assert asked.headers["prefer"] == "wait=5"
    assert asked.headers["content-type"] == "application/json"
    assert (payment.status, payment.rejection, payment.memo) == ("completed", None, "tea")


def test_retry_after_a_lost_answer_pays_under_the_same_key(
    stub: Stub, client: WalletClient
) -> None:
    stub.replies = [SESSION, HANG_UP, problem(503, "institution_unavailable"), PAID]
    client.pay("0012000000000016", 1)
    tries = stub.asked[1:]
    assert len(tries) == 3
    assert len({(asked.headers["idempotency-key"], asked.raw) for asked in tries}) == 1
    for asked in tries:
        verified(asked, client.device)


def test_an_expired_token_is_renewed_and_the_same_payment_goes_again(
    stub: Stub, client: WalletClient
) -> None:
    renewed = Reply(200, {**wire.SESSION, "access_token": "token-2"})
    stub.replies = [SESSION, problem(401, "token_expired"), renewed, PAID]
    client.pay("0012000000000016", 1)
    first, second = stub.asked[1], stub.asked[3]
    assert first.headers["authorization"] == "Bearer token-1"
    assert second.headers["authorization"] == "Bearer token-2"
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_another_401_is_not_renewed(stub: Stub, client: WalletClient) -> None:
    stub.replies = [SESSION, problem(401, "signature_invalid"), SESSION, PAID]
    with pytest.raises(ApiProblem, match="signature_invalid"):
        client.pay("0012000000000016", 1)
    assert len(stub.asked) == 2


def test_a_token_that_stays_expired_is_renewed_once(stub: Stub, client: WalletClient) -> None:
    expired = problem(401, "token_expired")
    stub.replies = [SESSION, expired, SESSION, expired, SESSION]
    with pytest.raises(ApiProblem, match="token_expired"):
        client.wallet()
    assert len(stub.asked) == 4


def test_two_payments_have_two_keys(stub: Stub, client: WalletClient) -> None:
    stub.replies = [SESSION, PAID, PAID]
    client.pay("0012000000000016", 1)
    client.pay("0012000000000016", 1)
    first, second = stub.asked[1:]
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]
    assert "memo" not in first.body
    assert "prefer" not in first.headers


@pytest.mark.parametrize(("verb", "path"), [("top_up", "top-ups"), ("withdraw", "withdrawals")])
def test_an_exchange_is_signed(stub: Stub, client: WalletClient, verb: str, path: str) -> None:
    stub.replies = [SESSION, Reply(201, wire.EXCHANGE)]
    exchange = getattr(client, verb)(100_00, "620011000000000011")
    asked = stub.asked[1]
    verified(asked, client.device)
    assert asked.path == f"/api/v1/wallets/0011000000000017/{path}"
    assert asked.body == {"amount": 100_00, "deposit_account": "620011000000000011"}
    assert (exchange.status, exchange.amount) == ("completed", 100_00)


def test_a_wallet_is_read(stub: Stub, client: WalletClient) -> None:
    stub.replies = [SESSION, Reply(200, wire.WALLET)]
    wallet = client.wallet()
    assert (wallet.balance, wallet.limits.daily, wallet.limits.annual) == (12_34, 500_000, None)
    assert (wallet.used_daily, wallet.used_annual) == (5, 6)
    assert stub.asked[1].path == "/api/v1/wallets/0011000000000017"
    assert "signature" not in stub.asked[1].headers


def test_a_payment_is_awaited(stub: Stub, client: WalletClient) -> None:
    pending = {**wire.PAYMENT, "status": "pending", "completed_at": None}
    why = {"code": "unknown_payee", "detail": "no such wallet"}
    rejected = {**pending, "status": "rejected", "rejection": why}
    stub.replies = [SESSION, Reply(200, pending), Reply(200, rejected)]
    payment = client.await_payment("0193-p", timeout_s=5)
    assert payment.rejection == Rejection("unknown_payee", "no such wallet")


def test_transactions_are_read_page_by_page(stub: Stub, client: WalletClient) -> None:
    stub.replies = [
        SESSION,
        Reply(200, {"data": [wire.TRANSACTION], "next_cursor": "next"}),
        Reply(200, {"data": [wire.TRANSACTION], "next_cursor": None}),
    ]
    rows: Iterator[object] = client.transactions(kind="payment")
    assert len(list(rows)) == 2
    assert stub.asked[2].query == {"limit": "200", "kind": "payment", "cursor": "next"}


def test_devices_are_listed_and_revoked(stub: Stub, client: WalletClient) -> None:
    stub.replies = [
        SESSION,
        Reply(200, {"data": [wire.DEVICE], "next_cursor": None}),
        Reply(204),
    ]
    [device] = client.devices()
    client.revoke(device.device_id)
    assert (stub.asked[2].method, stub.asked[2].path) == ("DELETE", "/api/v1/devices/device-1")


def test_a_device_that_is_not_enrolled_sends_nothing(stub: Stub, client: WalletClient) -> None:
    client.device.device_id = None
    with pytest.raises(ValueError, match="not enrolled"):
        client.pay("0012000000000016", 1)
    assert stub.asked == []


def test_a_bank_that_never_answers_is_unreachable(stub: Stub, client: WalletClient) -> None:
    stub.replies = [SESSION, *[HANG_UP] * 9]
    with pytest.raises(Unreachable):
        client.pay("0012000000000016", 1)
