"""What a call answers: a status and a JSON object, and how it becomes bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from cbdc.errors import Problem

PROBLEM_STATUS_MIN = 400
RETRY_AFTER_S = 1  # unless the problem says another time
PROBLEM_TYPE = "application/problem+json"
JSON_TYPE = "application/json"


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` holds only str, int, bool, None, lists and dicts. A status from 400 is a problem."""

    status: int
    body: Mapping[str, Any]

    @classmethod
    def of(cls, problem: Problem) -> "Answer":
        """A refusal as an answer.

        To return it, instead of raising the problem, keeps what the action wrote: a wrong
        one-time password must be counted.
        """
        return cls(problem.error.status, problem_body(problem))


def problem_body(problem: Problem) -> dict[str, Any]:
    """The members of RFC 9457, `code`, and `errors` for a 422."""
    error = problem.error
    body: dict[str, Any] = {
        "type": f"urn:open-ecny:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": problem.detail,
        "code": error.code,
    }
    if problem.errors:
        body["errors"] = [
            {"field": e.field, "code": e.code, "detail": e.detail} for e in problem.errors
        ]
    return body


def json_text(body: Mapping[str, Any]) -> str:
    """Compact JSON. A lone surrogate, which no UTF-8 can carry, becomes a question mark."""
    text = _ENCODER.encode(body)
    return text.encode("utf-8", "replace").decode("utf-8")


def json_response(status: int, text: str) -> HttpResponse:
    """The HTTP answer of a status and a JSON text."""
    content_type = JSON_TYPE if status < PROBLEM_STATUS_MIN else PROBLEM_TYPE
    response = HttpResponse(text, status=status, content_type=content_type)
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = str(len(response.content))
    return response


def render(answer: Answer) -> HttpResponse:
    """The HTTP answer of an `Answer`."""
    return json_response(answer.status, json_text(answer.body))


def render_problem(problem: Problem) -> HttpResponse:
    """The HTTP answer of a refusal, with its headers: how to authenticate, when to come back."""
    response = render(Answer.of(problem))
    for name, value in problem.headers.items():
        response[name] = value
    if response.status_code in {429, 503} and "Retry-After" not in response:
        response["Retry-After"] = str(RETRY_AFTER_S)
    if response.status_code == 401 and "WWW-Authenticate" not in response:
        response["WWW-Authenticate"] = "Bearer"
    return response
