"""Retries are safe, refusals keep their code, and nothing follows a redirect."""

import pytest

from cbdc.client.transport import ApiProblem, Transport, Unreachable, pages, segment
from tests.client.stub import HANG_UP, Reply, Stub, problem

OK = Reply(201, {"done": True})


def post(transport: Transport, **options: object) -> dict[str, object]:
    headers = {"Idempotency-Key": "k1"}
    return transport.request("POST", "/x", body={"a": 1}, headers=headers, **options).body  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "trouble",
    [
        HANG_UP,
        problem(502, "bad_gateway"),
        problem(503, "institution_unavailable"),
        problem(504, "x"),
    ],
)
def test_trouble_is_retried_with_the_same_key_and_body(
    stub: Stub, transport: Transport, trouble: Reply
) -> None:
    stub.replies = [trouble, trouble, OK]
    assert post(transport) == {"done": True}
    assert len(stub.asked) == 3
    assert {asked.headers["idempotency-key"] for asked in stub.asked} == {"k1"}
    assert len({asked.raw for asked in stub.asked}) == 1


def test_pauses_grow(stub: Stub, transport: Transport, pauses: list[float]) -> None:
    stub.replies = [HANG_UP, HANG_UP, HANG_UP, OK]
    post(transport)
    assert 0.05 <= pauses[0] <= 0.1 <= pauses[1] <= 0.2 <= pauses[2] <= 0.4


def test_retry_after_is_honoured(stub: Stub, transport: Transport, pauses: list[float]) -> None:
    stub.replies = [problem(503, "institution_unavailable", Retry_After="7"), OK]
    post(transport)
    assert pauses == [7.0]


def test_a_long_retry_after_is_the_callers_affair(
    stub: Stub, transport: Transport, pauses: list[float]
) -> None:
    stub.replies = [problem(503, "institution_unavailable", Retry_After="3600"), OK]
    with pytest.raises(ApiProblem) as refused:
        post(transport)
    assert refused.value.headers["Retry-After"] == "3600"
    assert pauses == []


def test_a_stored_503_is_final(stub: Stub, transport: Transport) -> None:
    stub.replies = [problem(503, "institution_unavailable", Idempotency_Replayed="true"), OK]
    with pytest.raises(ApiProblem, match="institution_unavailable"):
        post(transport)
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 429, 500])
def test_other_refusals_are_not_retried(stub: Stub, transport: Transport, status: int) -> None:
    stub.replies = [problem(status, "some_code"), OK]
    with pytest.raises(ApiProblem) as refused:
        post(transport)
    assert (refused.value.status, refused.value.code) == (status, "some_code")
    assert refused.value.detail == "some_code!"
    assert len(stub.asked) == 1


def test_unreachable_after_every_try(stub: Stub, transport: Transport) -> None:
    stub.replies = [HANG_UP] * 9
    with pytest.raises(Unreachable):
        post(transport)
    assert len(stub.asked) == 4


def test_what_cannot_be_repeated_is_sent_once(stub: Stub, transport: Transport) -> None:
    stub.replies = [HANG_UP, OK]
    with pytest.raises(Unreachable):
        post(transport, repeatable=False)
    assert len(stub.asked) == 1


def test_errors_of_fields_are_kept(stub: Stub, transport: Transport) -> None:
    rows = [{"field": "amount", "code": "required", "detail": "is required"}]
    stub.replies = [Reply(422, {"code": "validation_failed", "detail": "no", "errors": rows})]
    with pytest.raises(ApiProblem) as refused:
        post(transport)
    [error] = refused.value.errors
    assert (error.field, error.code, error.detail) == ("amount", "required", "is required")


@pytest.mark.parametrize("reply", [Reply(200), Reply(200, [1]), Reply(500), Reply(200, "text")])
def test_an_answer_of_another_kind_is_a_problem(
    stub: Stub, transport: Transport, reply: Reply
) -> None:
    stub.replies = [reply]
    with pytest.raises(ApiProblem, match="unexpected_answer"):
        post(transport)


def test_a_redirect_is_not_followed(stub: Stub, transport: Transport) -> None:
    stub.replies = [Reply(307, {}, {"Location": f"{stub.url}/elsewhere"}), OK]
    with pytest.raises(ApiProblem):
        post(transport)
    assert len(stub.asked) == 1


def test_no_content_is_an_empty_answer(stub: Stub, transport: Transport) -> None:
    stub.replies = [Reply(204)]
    assert transport.request("DELETE", "/x").body == {}


def test_pages_follow_the_cursor(stub: Stub, transport: Transport) -> None:
    stub.replies = [
        Reply(200, {"data": [{"n": 1}, {"n": 2}], "next_cursor": "c/=&"}),
        Reply(200, {"data": [{"n": 3}], "next_cursor": None}),
    ]
    rows = pages(lambda query: transport.request("GET", "/l", query=query), {"kind": "payment"})
    assert [row["n"] for row in rows] == [1, 2, 3]
    assert [asked.query for asked in stub.asked] == [
        {"limit": "200", "kind": "payment"},
        {"limit": "200", "kind": "payment", "cursor": "c/=&"},
    ]


@pytest.mark.parametrize("url", ["ftp://x", "http://", "127.0.0.1:8000", "http://x/below"])
def test_a_base_url_is_an_origin(url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        Transport(url)


def test_a_segment_cannot_leave_its_place() -> None:
    assert segment("../+86 1?x") == "..%2F+86%201%3Fx"
