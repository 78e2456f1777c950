"""Requests that schemathesis makes of a bank's OpenAPI document, from a real holder's device,
and with a real merchant's key.

Right ones and wrong ones: no server error, and no status, code or answer that the document does
not promise.
"""

import random
from typing import Any

import pytest
from django.test import Client

from cbdc.clock import CHINA_STANDARD_TIME, now
from cbdc.crypto import keys
from cbdc.crypto.http_signatures import HOLDER_COMPONENTS, SESSION_COMPONENTS, SignatureError
from cbdc.identifiers import new_id
from tests import contract
from tests.holders import JSON, Holder, nobodys_wallet
from tests.in_process import DATABASES, Network
from tests.merchants.support import Till
from tests.scale import scaled
from tests.schema_driven.driver import Case, Run, Sent, exercise, operations
from tests.support import acting_as

pytestmark = [pytest.mark.django_db(databases=DATABASES, transaction=True), pytest.mark.soak]
REQUESTS = scaled(ci=800, soak=21_000)
UNPROVEN_EVERY = 8  # one in so many requests goes out with the proof that was made up
OWN_KEY_EVERY = 4  # one in so many keeps the Idempotency-Key that was made up
MENDED_EVERY = 50
REAL = 0.75  # of the names that could be those of real things
PURSE = 10_000_00
MERCHANT = "/api/v1/merchant/"
HOOK = "http://127.0.0.1:9000/hook"  # which nobody delivers to here
PROOF = {"authorization", "content-digest", "signature-input", "signature"}
LIMITED = (
    "wallets.accounts.api",
    "wallets.accounts.wallet_api",
    "wallets.payments.api",
    "wallets.payments.history_api",
    "wallets.payments.requests_api",
)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """What limits thousands of calls of one holder in a minute is tested elsewhere."""
    for module in LIMITED:
        monkeypatch.setattr(f"{module}.rate_limit", lambda *_: None, raising=False)


class World:
    """A holder with money, a merchant, and things of theirs to name in a request."""

    def __init__(self, network: Network) -> None:
        self.network, self.turn = network, 0
        self.shop = Till("harbor")
        self.bob, self.carol = Holder(network, "harbor", 1), Holder(network, "lotus", 0)
        self.mend()

    def mend(self) -> None:
        """A fresh device; a fresh wallet too when the last one was closed; nothing frozen."""
        spare = Holder(self.network, "harbor", 0)
        self.me = me = Holder(self.network, "harbor", 0)
        if me.wallet()["status"] == "frozen":
            me.post(f"/api/v1/wallets/{me.wallet_id}/unfreeze", {})
        if me.balance < PURSE // 4:
            me.post(
                f"/api/v1/wallets/{me.wallet_id}/top-ups",
                {"amount": PURSE // 4, "deposit_account": me.deposit_account},
            )
        paid = me.pay(self.bob.wallet_id, 1).json()
        asked = {"payee_wallet": self.bob.wallet_id, "payer_wallet": me.wallet_id, "amount": 1}
        request = self.bob.post("/api/v1/payment-requests", asked).json()
        asked = {"payee_wallet": me.wallet_id, "payer_wallet": self.carol.wallet_id, "amount": 1}
        own_request = me.post("/api/v1/payment-requests", asked).json()
        others = [self.bob.wallet_id, self.carol.wallet_id, nobodys_wallet("lotus")]
        qr = self.bob.get(f"/api/v1/wallets/{self.bob.wallet_id}/qr").json()["qr"]
        enrolment, otp = self._enrolment()
        self.things: dict[str, list[Any]] = {
            "wallet_id": [me.wallet_id],
            "payer_wallet": [me.wallet_id, me.wallet_id, self.carol.wallet_id],
            "payee_wallet": [*others, me.wallet_id],
            "deposit_account": [me.deposit_account],
            "payment_id": [paid.get("payment_id", str(new_id()))],
            "request_id": [request["request_id"], own_request["request_id"]],
            "device_id": [spare.device_id],
            "enrolment_id": [enrolment],
            "otp": [otp],
            "qr": [qr],
            "amount": [1, 2, 100],
            **{name: ["tea", "茶 ☕"] for name in ("memo", "name", "full_name", "device_name")},
            **self._of_the_shop(),
        }

    def _of_the_shop(self) -> dict[str, list[Any]]:
        """Orders in several states, a refund, an endpoint, and a code to charge."""
        orders = [self.shop.order(5) for _ in range(3)]
        for order in orders[:2]:
            body = {"payer_wallet": self.me.wallet_id, "qr": order["qr"]}
            self.me.post("/api/v1/payments", body)
        refund = self.shop.refund(orders[0], 1).json()
        hook = {"url": HOOK, "events": ["order.paid"]}
        endpoint = self.shop.post(f"{MERCHANT}webhook-endpoints", hook).json()
        code = self.me.post("/api/v1/payment-codes", {"wallet_id": self.me.wallet_id}).json()
        return {
            "order_id": [order["order_id"] for order in orders],
            "refund_id": [refund.get("refund_id", str(new_id()))],
            "endpoint_id": [endpoint.get("endpoint_id", str(new_id()))],
            "payment_code": [code.get("payment_code", "0" * 20)],
            "day": [now().astimezone(CHINA_STANDARD_TIME).date().isoformat()],
            "terminal": ["till-1"],
            "url": [HOOK],
        }

    def _enrolment(self) -> tuple[str, str]:
        """One that waits for its password."""
        phone = self.network.people["harbor"][2]["phone"]
        body = {"phone": phone, "device_public_key": keys.raw_b64url(keys.generate().public_key())}
        headers = {"Idempotency-Key": str(new_id())}
        started = Client().post("/api/v1/enrolments", body, JSON, headers=headers).json()
        return started["enrolment_id"], Client().get(f"/devnet/sms/{phone}").json()["otp"]

    def fit(self, case: Case) -> None:
        """Name things that exist in most requests."""
        rng = random.Random(repr((case.path_parameters, case.body)))
        body = case.body if isinstance(case.body, dict) else {}
        if case.operation.definition.raw["operationId"] == "open_a_session":
            body |= {"device_id": self.me.device_id} if rng.random() < REAL and body else {}
        if {"qr", "payee_wallet"} <= body.keys():
            del body[rng.choice(["qr", "payee_wallet"])]
        for values in (case.path_parameters, body):
            for name in sorted(self.things.keys() & values.keys()):
                if values.get(name) != self.me.device_id and rng.random() < REAL:
                    values[name] = rng.choice(self.things[name])

    def prove(self, sent: Sent) -> dict[str, str]:
        """The headers of the request, with the holder's token and signature."""
        self.turn += 1
        if self.turn % MENDED_EVERY == 0:
            self.mend()
        if self.turn % UNPROVEN_EVERY == 0:
            return dict(sent.headers)
        headers = {n: v for n, v in sent.headers.items() if n.lower() not in PROOF}
        key = "" if self.turn % OWN_KEY_EVERY else headers.get("Idempotency-Key")
        path = sent.path.partition("?")[0]
        if path.startswith(MERCHANT):
            return {**headers, **self.shop.headers(path, sent.body, key=key)}
        opens = path.endswith("/sessions")
        try:
            proof = self.me.headers(
                path,
                sent.body,
                method=sent.method,
                idempotency_key=key,
                components=SESSION_COMPONENTS if opens else HOLDER_COMPONENTS,
                nonce=str(new_id()) if opens else None,
            )
        except SignatureError:  # what cannot be signed goes out with the token alone
            proof = {"Authorization": f"Bearer {self.me.token}"}
        return {**headers, **proof}


def test_bank_keeps_its_document(network: Network) -> None:
    run = Run()
    calls = operations(contract.document())
    examples = max(REQUESTS // len(calls) // 2, 2)
    with acting_as("harbor"):
        world = World(network)
        for call in calls:
            world.mend()
            exercise(call, examples=examples, run=run, fit=world.fit, prove=world.prove)
    assert not run.faults, "\n".join(sorted(set(run.faults), key=len)[:40])
    assert run.requests >= REQUESTS * 0.8
    assert run.successes >= run.requests * 0.2  # it gets in, and far
