"""What the base of the views accepts."""

import pytest
from django.test import Client

from cbdc.api.views import accepts
from tests.api.support import code_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("accept", "produces", "expected"),
    [
        ("*/*", "application/json", True),
        ("application/json", "application/json", True),
        ("application/problem+json", "application/json", True),
        ("application/*;q=0.8, text/html", "application/json", True),
        ("Application/JSON; charset=utf-8", "application/json", True),
        ("text/html", "application/json", False),
        ("application/json;q=0", "application/json", False),
        ("application/json; q=0.000", "application/json", False),
        ("text/csv", "application/json", False),
        ("text/csv", "text/csv", True),
        ("text/*", "text/csv", True),
        ("application/json", "text/csv", False),
        ("nonsense", "application/json", False),
    ],
)
def test_accept(accept: str, produces: str, expected: bool) -> None:
    assert accepts(accept, produces) is expected


def test_caller_who_takes_only_html_gets_406(client: Client) -> None:
    response = client.get("/api/v1/numbers", headers={"Accept": "text/html"})
    assert code_of(response) == "not_acceptable"


def test_no_accept_header_takes_anything(client: Client) -> None:
    assert client.get("/api/v1/numbers").status_code == 200
    assert client.get("/api/v1/statement").status_code == 200


def test_csv_view_gives_csv(client: Client) -> None:
    response = client.get("/api/v1/statement", headers={"Accept": "text/csv"})
    assert response["Content-Type"] == "text/csv"


def test_answers_are_not_kept_by_caches(client: Client) -> None:
    assert client.get("/api/v1/numbers")["Cache-Control"] == "no-store"


def test_format_in_the_query_changes_nothing(client: Client) -> None:
    assert client.get("/api/v1/numbers?format=xml").status_code == 200
