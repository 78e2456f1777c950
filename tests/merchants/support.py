"""A merchant of the in-process network: calls with its key, and every answer is checked."""

import json
from typing import Any

from django.test import Client

from cbdc.identifiers import new_id
from cbdc.ledger.selectors import available
from tests import contract
from tests.holders import JSON, Holder
from tests.support import acting_as
from wallets.merchants.keys import Scope, make_key
from wallets.merchants.models import Merchant, Shop
from wallets.merchants.seeds import merchants

ORDERS = "/api/v1/merchant/orders"
CHARGES = "/api/v1/merchant/charges"
PRICE = 18_00


class Till:
    """A key of the seeded coffee shop of a bank."""

    def __init__(self, bank: str) -> None:
        self.bank = bank
        with acting_as(bank):
            [seeded] = (merchants() or {})["merchants"]
        self.merchant_id: str = seeded["merchant_id"]
        self.wallet_id: str = seeded["wallet_id"]
        self.key: str = seeded["api_key"]

    def terms(self, **fields: Any) -> None:
        """Change the merchant's row: its fees, its status."""
        with acting_as(self.bank):
            Merchant.objects.filter(id=self.merchant_id).update(**fields)

    def other_key(self, *scopes: Scope, shop: str | None = None) -> "Till":
        """The same merchant by another key, with these scopes (all when none is named)."""
        other = Till.__new__(Till)
        other.__dict__ = dict(self.__dict__)
        with acting_as(self.bank):
            merchant = Merchant.objects.get(id=self.merchant_id)
            place = Shop.objects.get_or_create(merchant=merchant, name=shop)[0] if shop else None
            chosen = scopes or tuple(Scope)
            other.key = make_key(merchant=merchant, name="other", scopes=chosen, shop=place)[1]
        return other

    def post(self, path: str, body: Any = None, **changes: Any) -> Any:
        """A POST with the key, under an Idempotency-Key of its own unless one is given."""
        with acting_as(self.bank):
            return self.post_here(path, body, **changes)

    def post_here(self, path: str, body: Any = None, **changes: Any) -> Any:
        """`post`, when this process is the merchant's bank already."""
        if not isinstance(body, bytes):
            body = b"" if body is None else json.dumps(body).encode()
        content: bytes = body
        method = changes.pop("method", "POST")
        headers = self.headers(path, content, **changes)
        answer = Client().generic(method, path, content, JSON, headers=headers)
        contract.check(method, path, answer)
        return answer

    def headers(
        self,
        path: str,
        content: bytes,
        *,
        key: str | None = "",
        prefer: str = "",
    ) -> dict[str, str]:
        """The headers of a POST: the secret key, an Idempotency-Key unless it is None."""
        headers = {"Authorization": f"Bearer {self.key}"}
        if key is not None:
            headers["Idempotency-Key"] = key or str(new_id())
        return headers | ({"Prefer": prefer} if prefer else {})

    def get(self, path: str, **query: str) -> Any:
        """A GET with the key."""
        with acting_as(self.bank):
            headers = {"Authorization": f"Bearer {self.key}"}
            answer = Client().get(path, query, headers=headers)
        contract.check("GET", path, answer)
        return answer

    def delete(self, path: str) -> Any:
        """A DELETE with the key."""
        with acting_as(self.bank):
            answer = Client().delete(path, headers={"Authorization": f"Bearer {self.key}"})
        contract.check("DELETE", path, answer)
        return answer

    def order(self, amount: int = PRICE, **fields: Any) -> dict[str, Any]:
        """A new order."""
        body = {"out_trade_no": str(new_id()), "amount": amount, "description": "flat white"}
        answer = self.post(ORDERS, {**body, **fields})
        assert answer.status_code == 201, answer.content
        made: dict[str, Any] = answer.json()
        return made

    def see(self, order: dict[str, Any]) -> dict[str, Any]:
        """The order as it is now."""
        body: dict[str, Any] = self.get(f"{ORDERS}/{order['order_id']}").json()
        return body

    def charge(self, code: str, amount: int = PRICE, **fields: Any) -> Any:
        """Charge a payment code."""
        changes = {name: fields.pop(name) for name in ("key", "prefer") if name in fields}
        body = {
            "out_trade_no": str(new_id()),
            "amount": amount,
            "description": "flat white",
            "payment_code": code,
        }
        return self.post(CHARGES, {**body, **fields}, **changes)

    def refund(self, order: dict[str, Any], amount: int, **fields: Any) -> Any:
        """Give a part of an order back."""
        body = {"out_refund_no": str(new_id()), "amount": amount, "reason": "cold"}
        return self.post(f"{ORDERS}/{order['order_id']}/refunds", {**body, **fields})

    @property
    def balance(self) -> int:
        with acting_as(self.bank):
            return available(int(self.wallet_id))


def scan(payer: Holder, order: dict[str, Any], **changes: Any) -> Any:
    """The holder pays the order's QR code."""
    body = {"payer_wallet": payer.wallet_id, "qr": order["qr"]}
    return payer.post("/api/v1/payments", body, **changes)


def refused(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]
