"""A merchant's side of the contract: orders, charges, refunds, statements, webhook endpoints."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from cbdc.client.key_calls import KeyCalls
from cbdc.client.merchant_models import Order, Refund, WebhookEndpoint
from cbdc.client.transport import CSV, XML, segment

POLL_S = 0.2


class MerchantClient(KeyCalls):
    """One secret key of a merchant at its bank.

    Every method raises `ApiProblem` when the bank refuses and `Unreachable` when it does not
    answer. A method that makes something makes an Idempotency-Key unless it is given one; a
    caller that must survive its own crash makes the key and keeps it before it calls. Amounts
    are fen.
    """

    PREFIX = "/api/v1/merchant"

    # --- Orders -------------------------------------------------------------------------

    def order(
        self,
        out_trade_no: str,
        amount: int,
        description: str,
        *,
        expires_in_s: int | None = None,
        terminal: str | None = None,
        idempotency_key: str | None = None,
    ) -> Order:
        """Place an order; its `qr` is what the payer scans."""
        body = {
            "out_trade_no": out_trade_no,
            "amount": amount,
            "description": description,
            **_given(expires_in=expires_in_s, terminal=terminal),
        }
        return Order.from_wire(self._post("/orders", body, idempotency_key).body)

    def charge(
        self,
        out_trade_no: str,
        amount: int,
        description: str,
        payment_code: str,
        *,
        terminal: str | None = None,
        wait_s: int = 0,
        idempotency_key: str | None = None,
    ) -> Order:
        """Charge the code on a payer's screen; `wait_s` waits for a payer of another bank."""
        body = {
            "out_trade_no": out_trade_no,
            "amount": amount,
            "description": description,
            "payment_code": payment_code,
            **_given(terminal=terminal),
        }
        return Order.from_wire(self._post("/charges", body, idempotency_key, wait_s=wait_s).body)

    def find(self, order_id: str) -> Order:
        """An order as it is now."""
        return Order.from_wire(self._get(f"/orders/{segment(order_id)}").body)

    def find_by_number(self, out_trade_no: str) -> Order:
        """`find` by the merchant's own number."""
        return Order.from_wire(self._get("/orders", {"out_trade_no": out_trade_no}).body)

    def orders(self, status: str | None = None) -> Iterator[Order]:
        """The orders, newest first."""
        query = {"status": status} if status else None
        return map(Order.from_wire, self._pages("/orders", query))

    def await_order(self, order_id: str, *, timeout_s: float) -> Order:
        """The order once it is neither open nor paying.

        Raises:
            TimeoutError: it still is.
        """
        deadline = time.monotonic() + timeout_s
        while (order := self.find(order_id)).status in ("open", "paying"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"order {order_id} is {order.status} after {timeout_s} s")
            time.sleep(POLL_S)
        return order

    def close(self, order_id: str) -> Order:
        """Let an open order be paid no more."""
        return Order.from_wire(self._post(f"/orders/{segment(order_id)}/close", {}).body)

    def static_qr(self, wallet_id: str | None = None) -> str:
        """The payload of a code without an amount, to print and put up."""
        return str(self._post("/static-qr", _given(wallet_id=wallet_id)).body["qr"])

    # --- Refunds ------------------------------------------------------------------------

    def refund(
        self,
        order_id: str,
        out_refund_no: str,
        amount: int,
        reason: str,
        *,
        wait_s: int = 0,
        idempotency_key: str | None = None,
    ) -> Refund:
        """Give a part of a paid order back to the wallet that paid."""
        path = f"/orders/{segment(order_id)}/refunds"
        body = {"out_refund_no": out_refund_no, "amount": amount, "reason": reason}
        return Refund.from_wire(self._post(path, body, idempotency_key, wait_s=wait_s).body)

    def find_refund(self, refund_id: str) -> Refund:
        """A refund as it is now."""
        return Refund.from_wire(self._get(f"/refunds/{segment(refund_id)}").body)

    def refunds(self, order_id: str) -> Iterator[Refund]:
        """The refunds of an order, oldest first."""
        return map(Refund.from_wire, self._pages(f"/orders/{segment(order_id)}/refunds"))

    # --- Statements ---------------------------------------------------------------------

    def statement(self, day: str) -> str:
        """A day in China, `2026-11-25`, as CSV."""
        return self._get(f"/statements/{segment(day)}", accept=CSV).text

    def statement_camt053(self, day: str) -> str:
        """A day as an ISO 20022 camt.053 document."""
        path = f"/statements/{segment(day)}"
        return self._get(path, {"format": "camt.053"}, accept=XML).text

    # --- Webhooks -----------------------------------------------------------------------

    def register_endpoint(self, url: str, events: Sequence[str]) -> WebhookEndpoint:
        """Have these events sent to a URL; the answer has the secret that signs them."""
        body = {"url": url, "events": list(events)}
        return WebhookEndpoint.from_wire(self._post("/webhook-endpoints", body).body)

    def endpoints(self) -> Iterator[WebhookEndpoint]:
        """The endpoints, oldest first."""
        return map(WebhookEndpoint.from_wire, self._pages("/webhook-endpoints"))

    def endpoint(self, endpoint_id: str) -> WebhookEndpoint:
        """One endpoint."""
        return WebhookEndpoint.from_wire(
            self._get(f"/webhook-endpoints/{segment(endpoint_id)}").body
        )

    def remove_endpoint(self, endpoint_id: str) -> None:
        """Send nothing there any more."""
        self._send("DELETE", f"/webhook-endpoints/{segment(endpoint_id)}")

    def rotate_secret(self, endpoint_id: str) -> WebhookEndpoint:
        """A new secret; the one before signs too for a day."""
        path = f"/webhook-endpoints/{segment(endpoint_id)}/rotate-secret"
        return WebhookEndpoint.from_wire(self._post(path, {}).body)

    def redeliver(self, endpoint_id: str, event_id: str | None = None) -> int:
        """Send an event again, or all that were given up; how many."""
        path = f"/webhook-endpoints/{segment(endpoint_id)}/redeliver"
        return int(self._post(path, _given(event_id=event_id)).body["redelivered"])


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
