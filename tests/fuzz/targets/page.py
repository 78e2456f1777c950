"""The query of a list: `cbdc.api.pagination`, and the period of a history."""

from urllib.parse import urlencode

from django.test import RequestFactory
from rest_framework.request import Request

from cbdc.api.pagination import LIMIT_MAX, page_answer, read_page
from cbdc.clock import rfc3339
from cbdc.errors import ErrorCode, Problem
from wallets.payments.history_api import asked_kind, asked_period

PATH = "/api/v1/wallets/0011000000000017/transactions"
REQUESTS = RequestFactory()


def run(data: bytes) -> bool:
    request = Request(REQUESTS.get(PATH, QUERY_STRING=data.decode("latin-1")))
    try:
        page = read_page(request)
        asked_kind(request)
        moments = asked_period(request)
    except Problem as problem:
        assert problem.error is ErrorCode.VALIDATION_FAILED
        return False
    assert 1 <= page.limit <= LIMIT_MAX
    for moment in moments:
        if moment is not None:  # it can be written, in the answer and in a statement
            assert rfc3339(moment).endswith("Z")
    if page.after is not None:
        after = page.after
        rows = [None] * page.fetch
        answer = page_answer(page, rows, position=lambda row: after, encode=lambda row: {})
        query = {**request.query_params.dict(), "cursor": str(answer.body["next_cursor"])}
        assert read_page(Request(REQUESTS.get(PATH, query))) == page
    return True


def seeds() -> dict[str, bytes]:
    first = read_page(Request(REQUESTS.get(PATH, {"kind": "payment"})))
    rows = list(range(first.fetch))
    answer = page_answer(first, rows, position=lambda row: row, encode=lambda row: {})
    cursor = str(answer.body["next_cursor"])
    return {
        "cursor": urlencode({"kind": "payment", "cursor": cursor, "limit": "200"}).encode(),
        "days": b"from=2026-01-01&to=2026-01-31",
        "times": b"from=2026-01-01T00:00:00Z&to=2026-01-31T23:59:59.999999%2B08:00&limit=1",
        "first_day": b"from=0001-01-01",
        "last_day": b"to=9999-12-31",
    }
