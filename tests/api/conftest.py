"""A client of the small API of tests/api/urls.py."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from tests.api.support import PAYEE

Pay = Callable[..., Any]


@pytest.fixture(autouse=True)
def _small_api(tmp_path: Path) -> Iterator[None]:
    with override_settings(ROOT_URLCONF="tests.api.urls", STATIC_ROOT=tmp_path):
        yield


@pytest.fixture
def client() -> Client:
    """Errors of a view become answers, as in production, instead of exceptions in the test."""
    return Client(raise_request_exception=False)


@pytest.fixture
def pay(client: Client) -> Pay:
    """POST a payment: `pay("key-1", amount=5)`, or the bytes of a body."""

    def call(key: str | None, body: bytes | None = None, **fields: Any) -> Any:
        headers = fields.pop("headers", {})
        if key is not None:
            headers = {"Idempotency-Key": key, **headers}
        content: Any = {"payee_wallet": PAYEE, "amount": 5, **fields} if body is None else body
        return client.post(
            "/api/v1/payments", content, content_type="application/json", headers=headers
        )

    return call
