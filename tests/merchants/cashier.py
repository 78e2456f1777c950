"""A cashier at the page `/pos/` of a bank: a browser without scripts, that checks every answer."""

import json
from datetime import timedelta
from time import sleep
from typing import Any

from django.test import Client

from cbdc.clock import CHINA_STANDARD_TIME, now
from cbdc.identifiers import new_id
from tests.holders import JSON
from tests.merchants.support import Till
from tests.support import acting_as

CSRF = "csrftoken"
CLEAR_OF_MIDNIGHT_S = 60


def wait_past_midnight() -> None:
    """A list of today must not end between an order and the look at it: wait, if it soon would."""
    time = now().astimezone(CHINA_STANDARD_TIME)
    midnight = (time + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    if (left := (midnight - time).total_seconds()) < CLEAR_OF_MIDNIGHT_S:
        sleep(left)


class Cashier:
    """Someone at the page, with the cookies that a browser would keep."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.client = Client(enforce_csrf_checks=True)

    def get(self, path: str, **query: str) -> Any:
        """A page or a script's look."""
        with acting_as(self.till.bank):
            return self._checked(self.client.get(path, query))

    def form(self, path: str, *, csrf: bool = True, **fields: str) -> Any:
        """Send a form, with the token of the page that shows it."""
        with acting_as(self.till.bank):
            if CSRF not in self.client.cookies:
                self.client.get("/pos/login")
            token = {"csrfmiddlewaretoken": self.client.cookies[CSRF].value} if csrf else {}
            return self._checked(self.client.post(path, {**fields, **token}))

    def log_in(self, key: str | None = None) -> Any:
        """Log in, by the shop's key unless another is named."""
        return self.form("/pos/login", key=self.till.key if key is None else key)

    def call(
        self, path: str, body: Any = None, *, key: str | None = None, csrf: bool = True
    ) -> Any:
        """A deed of the page's scripts, under an Idempotency-Key of its own unless one is given."""
        headers = {"Idempotency-Key": key or str(new_id())}
        if csrf:
            headers["X-CSRFToken"] = self.client.cookies[CSRF].value
        with acting_as(self.till.bank):
            content = json.dumps(body or {}).encode()
            path = f"/pos/calls/{path}"
            return self._checked(self.client.generic("POST", path, content, JSON, headers=headers))

    def look(self, order_id: str) -> dict[str, Any]:
        """How an order stands, as the page asks twice a second."""
        answer = self.get(f"/pos/calls/orders/{order_id}")
        assert answer.status_code == 200, answer.content
        body: dict[str, Any] = answer.json()
        return body

    def order(self, amount: str = "18.00", **fields: str) -> dict[str, Any]:
        """Show a QR code."""
        answer = self.call("orders", {"amount": amount, **fields})
        assert answer.status_code == 200, answer.content
        body: dict[str, Any] = answer.json()
        return body

    @property
    def is_logged_in(self) -> bool:
        return bool(self.get("/pos/").status_code == 200)

    def _checked(self, answer: Any) -> Any:
        """No answer tells the key, may be kept, or lets a foreign script in."""
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer["Cache-Control"] == "no-store"
        told = f"{answer.headers} {self.client.cookies} {answer.content!r}"
        assert self.till.key not in told
        return answer


def why(answer: Any) -> tuple[int, str]:
    """Status of a refused deed, and its reason in English."""
    return answer.status_code, answer.json()["reason"]["en"]
