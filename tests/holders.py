"""A wallet holder of the in-process network: signs as the contract says, or wrongly on purpose."""

import json
import time
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from cbdc.crypto import keys
from cbdc.crypto.http_signatures import HOLDER_COMPONENTS, sign_request
from cbdc.identifiers import new_id, wallet_id
from tests import contract
from tests.in_process import Network
from tests.support import NUMBERS, acting_as

JSON = "application/json"
LIFE_S = 60


def nobodys_wallet(bank: str) -> str:
    """A well-formed wallet id that no one has."""
    return wallet_id(NUMBERS[bank], 99_999_999_999)


class Holder:
    """A person with an enrolled device at one bank."""

    def __init__(self, network: Network, bank: str, index: int, *, device_name: str = "") -> None:
        person = network.people[bank][index]
        self.bank = bank
        self.phone = person["phone"]
        self.deposit_account = person["deposit_account"]
        self.key = keys.generate()
        with acting_as(bank):
            confirmed = self._enrol({"device_name": device_name} if device_name else {})
        self.wallet_id: str = confirmed["wallet"]["wallet_id"]
        self.device_id: str = confirmed["device_id"]
        self.token: str = confirmed["access_token"]

    def _enrol(self, more: dict[str, str]) -> dict[str, Any]:
        client = Client()
        started = client.post(
            "/api/v1/enrolments",
            {
                "phone": self.phone,
                "device_public_key": keys.raw_b64url(self.key.public_key()),
                **more,
            },
            JSON,
            headers={"Idempotency-Key": str(new_id())},
        ).json()
        otp = client.get(f"/devnet/sms/{self.phone}").json()["otp"]
        answer = client.post(
            f"/api/v1/enrolments/{started['enrolment_id']}/confirm",
            {"otp": otp},
            JSON,
            headers={"Idempotency-Key": str(new_id())},
        )
        assert answer.status_code == 201, answer.content
        body: dict[str, Any] = answer.json()
        return body

    def get(self, path: str, **query: str) -> Any:
        """A GET with this holder's token."""
        with acting_as(self.bank):
            headers = {"Authorization": f"Bearer {self.token}"}
            answer = Client().get(path, query, headers=headers)
        contract.check("GET", path, answer)
        return answer

    def delete(self, path: str) -> Any:
        """A DELETE with this holder's token."""
        with acting_as(self.bank):
            answer = Client().delete(path, headers={"Authorization": f"Bearer {self.token}"})
        contract.check("DELETE", path, answer)
        return answer

    def post(self, path: str, body: Any, **changes: Any) -> Any:
        """A signed POST to this holder's bank; see `post_here` for the changes."""
        with acting_as(self.bank):
            return self.post_here(path, body, **changes)

    def post_here(self, path: str, body: Any, **changes: Any) -> Any:
        """`post`, when this process is the holder's bank already."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        method = changes.pop("method", "POST")
        headers = self.headers(path, content, method=method, **changes)
        answer = Client().generic(
            method, path, content, changes.get("content_type", JSON), headers=headers
        )
        contract.check(method, path, answer)
        return answer

    def headers(
        self,
        path: str,
        content: bytes,
        *,
        idempotency_key: str | None = "",
        key: Ed25519PrivateKey | None = None,
        keyid: str | None = None,
        created: int | None = None,
        components: tuple[str, ...] = HOLDER_COMPONENTS,
        signed: bool = True,
        digest_of: bytes | None = None,
        content_type: str = JSON,
        method: str = "POST",
        nonce: str | None = None,
    ) -> Mapping[str, str]:
        """The headers of a signed POST; each argument spoils one thing."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key or str(new_id())
        if not signed:
            return headers
        begins = int(time.time()) if created is None else created
        lower = {name.lower(): value for name, value in headers.items()}
        return headers | sign_request(
            method=method,
            path=path,
            authority="testserver",
            headers=lower,
            body=content if digest_of is None else digest_of,
            key=key or self.key,
            keyid=keyid or self.device_id,
            components=components,
            created=begins,
            expires=begins + LIFE_S,
            nonce=nonce,
        )

    def top_up(self, amount: int) -> None:
        path = f"/api/v1/wallets/{self.wallet_id}/top-ups"
        answer = self.post(path, {"amount": amount, "deposit_account": self.deposit_account})
        assert answer.status_code == 201, answer.content

    def pay(self, payee: str, amount: Any, **changes: Any) -> Any:
        """POST /payments; `more` adds fields to the body."""
        more = changes.pop("more", {})
        body = {"payer_wallet": self.wallet_id, "payee_wallet": payee, "amount": amount, **more}
        return self.post("/api/v1/payments", body, **changes)

    @property
    def balance(self) -> int:
        return int(self.get(f"/api/v1/wallets/{self.wallet_id}").json()["balance"])

    def wallet(self, wallet_id: str = "") -> dict[str, Any]:
        body: dict[str, Any] = self.get(f"/api/v1/wallets/{wallet_id or self.wallet_id}").json()
        return body

    def payment(self, payment_id: str) -> Any:
        return self.get(f"/api/v1/payments/{payment_id}").json()

    def transactions(self) -> list[dict[str, Any]]:
        path = f"/api/v1/wallets/{self.wallet_id}/transactions"
        rows: list[dict[str, Any]] = self.get(path).json()["data"]
        return rows
