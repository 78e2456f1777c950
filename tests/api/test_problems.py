"""Below /api/ and /interbank/ whatever goes wrong has one shape, and shows nothing inside."""

import logging
from typing import Any

import pytest
from django.http import HttpResponseForbidden
from django.test import Client, RequestFactory, override_settings

from cbdc.api.answers import json_text, render_problem
from cbdc.api.problems import ProblemMiddleware
from cbdc.errors import ErrorCode, FieldError, Problem
from tests.api.support import code_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("get", "/api/v1/nothing", "not_found"),
        ("get", "/api/", "not_found"),
        ("get", "/api", "not_found"),
        ("get", "/api/v1/numbers/", "not_found"),
        ("get", "/interbank/v2/messages", "not_found"),
        ("post", "/interbank/", "not_found"),
        ("get", "/interbank/v1/messages", "method_not_allowed"),
        ("delete", "/api/v1/numbers", "method_not_allowed"),
        ("patch", "/api/v1/numbers", "method_not_allowed"),
        ("options", "/api/v1/numbers", "method_not_allowed"),
        ("trace", "/api/v1/numbers", "method_not_allowed"),
        ("get", "/api/v1/strange/forbidden", "permission_denied"),
        ("get", "/api/v1/strange/crash", "internal_error"),
        ("get", "/api/v1/strange/database", "institution_unavailable"),
        ("get", "/api/v1/plain", "malformed_request"),
        ("get", "/api/v1/../v1/numbers", "not_found"),
        ("get", "/api/v1/./numbers", "not_found"),
        ("get", "/api/v1/%2e%2e/v1/numbers", "not_found"),
        ("get", "/api/v1/%2E%2E/%2e/numbers", "not_found"),
        ("get", "/api/v1/%252e%252e/numbers", "not_found"),
        ("get", "/api/v1/..%5c..%5cnumbers", "not_found"),
        ("get", "/api/v1/strange/a%00b", "not_found"),
        ("get", "/api/v1/strange/a%0d%0ab", "not_found"),
        ("get", "/api/v1/%ff%fe", "not_found"),
        ("get", "/interbank/..", "not_found"),
        ("get", "/static/../../etc/passwd", "not_found"),
        ("get", "/page/%2e%2e", "not_found"),
    ],
)
def test_error_is_a_problem(
    client: Client, method: str, path: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    assert code_of(getattr(client, method)(path)) == code


@pytest.mark.parametrize("debug", [True, False])
def test_stack_trace_stays_inside_also_in_debug(client: Client, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        assert code_of(client.get("/api/v1/strange/crash")) == "internal_error"
        assert code_of(client.get("/api/v1/nothing")) == "not_found"


def test_crash_is_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/api/v1/strange/crash")
    assert "secret of the stack" in caplog.text


@pytest.mark.parametrize("path", ["/api/v1/numbers", "/interbank/v1/messages"])
@pytest.mark.parametrize("host", ["evil.example", "a b", "x:y:z", "../"])
def test_host_that_is_not_ours_is_malformed(client: Client, path: str, host: str) -> None:
    with override_settings(ALLOWED_HOSTS=["testserver"], DEBUG=False):
        assert code_of(client.get(path, headers={"Host": host})) == "malformed_request"


def test_pages_outside_the_api_keep_their_own_errors(client: Client) -> None:
    response = client.get("/page")
    assert response.status_code == 410
    assert response.content == b"<h1>gone</h1>"


def test_allowed_methods_are_named(client: Client) -> None:
    assert "GET" in client.post("/api/v1/numbers")["Allow"]
    assert client.get("/interbank/v1/messages")["Allow"] == "POST"


@pytest.mark.parametrize("error", list(ErrorCode), ids=lambda error: str(error.code))
def test_each_code_of_the_registry_renders(error: ErrorCode) -> None:
    response = render_problem(Problem(error, errors=[FieldError("a", "invalid", "No.")]))
    assert code_of(response) == error.code
    assert response.status_code == error.status


def test_401_says_how_to_authenticate() -> None:
    assert render_problem(Problem(ErrorCode.TOKEN_EXPIRED))["WWW-Authenticate"] == "Bearer"


def test_path_with_more_slashes_is_still_the_api(client: Client) -> None:
    assert code_of(client.get("/x", PATH_INFO="//api/v1/numbers")) == "not_found"


def test_problem_says_its_length(client: Client) -> None:
    response = client.get("/api/v1/nothing")
    assert int(response["Content-Length"]) == len(response.content)


@pytest.mark.parametrize("error", [ErrorCode.RATE_LIMITED, ErrorCode.INSTITUTION_UNAVAILABLE])
def test_429_and_503_always_say_when_to_come_back(error: ErrorCode) -> None:
    assert render_problem(Problem(error))["Retry-After"] == "1"


def test_headers_of_a_problem_are_sent() -> None:
    problem = Problem(ErrorCode.RATE_LIMITED, headers={"Retry-After": "7"})
    assert render_problem(problem)["Retry-After"] == "7"


def test_database_that_does_not_answer_is_worth_a_retry(client: Client) -> None:
    assert client.get("/api/v1/strange/database")["Retry-After"] == "1"


def test_lone_surrogate_cannot_break_an_answer() -> None:
    assert json_text({"a": "\ud800", "b": "字"}) == '{"a":"?","b":"字"}'


def test_middleware_answers_for_errors_below_the_views() -> None:
    def refuse(request: Any) -> Any:
        return HttpResponseForbidden("<h1>CSRF</h1>")

    response = ProblemMiddleware(refuse)(RequestFactory().get("/api/v1/x"))
    assert response.status_code == 403
    assert response["Content-Type"] == "application/problem+json"
