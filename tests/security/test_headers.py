"""What every answer tells a browser: not to guess its type, not to frame it, not to keep it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db
PATHS = ["/api/v1/supply", "/api/v1/nothing", "/api/v1/%2e%2e/x", "/interbank/v1/messages"]
PATHS += ["/admin/login/", "/api/docs/", "/healthz"]


@pytest.fixture(autouse=True)
def _static_files(tmp_path: Path) -> Iterator[None]:
    with override_settings(STATIC_ROOT=str(tmp_path), ROOT_URLCONF="central_bank.urls"):
        yield


@pytest.mark.parametrize("path", PATHS)
def test_answer_is_what_it_says_and_is_not_framed(path: str) -> None:
    answer = Client(raise_request_exception=False).get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "Server" not in answer
    assert "X-Powered-By" not in answer


def test_page_of_the_staff_sets_its_cookie_for_itself_alone() -> None:
    answer = Client().get("/admin/login/")
    cookie = answer.cookies["csrftoken"]
    assert cookie["samesite"] == "Lax"


def test_page_and_api_are_not_kept() -> None:
    assert "no-store" in Client().get("/admin/login/")["Cache-Control"]
    assert "no-store" in Client().get("/api/v1/nothing")["Cache-Control"]
