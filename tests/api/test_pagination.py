"""Lists go page by page; a cursor is ours, of this list, and cannot be made up."""

import pytest
from django.core import signing
from django.test import Client, override_settings

from tests.api.support import code_of

pytestmark = pytest.mark.django_db


def numbers(client: Client, query: str) -> tuple[list[int], str | None]:
    body = client.get(f"/api/v1/numbers{query}").json()
    assert set(body) == {"data", "next_cursor"}
    return [row["number"] for row in body["data"]], body["next_cursor"]


def test_pages_follow_each_other_without_gap_or_repetition(client: Client) -> None:
    seen, cursor = numbers(client, "?limit=4")
    while cursor is not None:
        rows, cursor = numbers(client, f"?limit=4&cursor={cursor}")
        seen += rows
    assert seen == list(range(1, 11))


def test_last_page_that_is_full_has_no_next(client: Client) -> None:
    assert numbers(client, "?limit=10") == (list(range(1, 11)), None)


def test_limit_may_change_between_pages(client: Client) -> None:
    _, cursor = numbers(client, "?limit=1")
    assert numbers(client, f"?limit=200&cursor={cursor}") == (list(range(2, 11)), None)


@pytest.mark.parametrize(
    "limit", ["0", "201", "-1", "1.0", "", "x", "%00", "１", "9999999999", "1&limit=2", "+5", " 5"]
)
def test_limit_out_of_range_is_refused(client: Client, limit: str) -> None:
    response = client.get(f"/api/v1/numbers?limit={limit}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "limit"


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "5", "WzUsIngiXQ:x:y", "%00", "%ff", "a" * 10_000, "x&cursor=y"],
)
def test_cursor_that_is_not_ours_is_refused(client: Client, cursor: str) -> None:
    response = client.get(f"/api/v1/numbers?cursor={cursor}")
    assert response.status_code == 422
    assert code_of(response) == "validation_failed"


def test_cursor_that_was_changed_is_refused(client: Client) -> None:
    _, cursor = numbers(client, "?limit=1")
    assert cursor is not None
    for changed in ("A" + cursor, cursor[:-1], cursor[::-1]):
        assert client.get(f"/api/v1/numbers?cursor={changed}").status_code == 422


def test_cursor_fits_only_its_list_and_filters(client: Client) -> None:
    _, cursor = numbers(client, "?limit=1&kind=payment&from=1")
    good = f"/api/v1/numbers?from=1&cursor={cursor}&kind=payment"
    assert client.get(good).status_code == 200
    for other in ("others?from=1&kind=payment", "numbers?kind=payment", "numbers?from=2&kind=fee"):
        assert client.get(f"/api/v1/{other}&cursor={cursor}").status_code == 422


def test_text_signed_for_another_purpose_is_no_cursor(client: Client) -> None:
    forged = signing.dumps([5, "x"], salt="something else")
    assert client.get(f"/api/v1/numbers?cursor={forged}").status_code == 422


def test_cursor_of_another_secret_is_refused(client: Client) -> None:
    with override_settings(SECRET_KEY="another-secret-" * 5):
        _, cursor = numbers(client, "?limit=1")
    assert client.get(f"/api/v1/numbers?cursor={cursor}").status_code == 422
