"""One shape of error, RFC 9457, for whatever goes wrong below /api/ and /interbank/."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException

from cbdc.api.answers import PROBLEM_STATUS_MIN, PROBLEM_TYPE, render_problem
from cbdc.api.metrics import observe
from cbdc.api.parsing import discard_body
from cbdc.errors import ErrorCode, Problem

logger = logging.getLogger(__name__)

# `..` also when it was encoded twice; NUL and the other control characters.
_TRAVERSAL = re.compile(r"(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\]|$)|[\x00-\x1f\x7f]", re.I)

_API_PATH = re.compile(r"/+(?:api|interbank)(?:/|$)")

_BY_STATUS = {
    400: ErrorCode.MALFORMED_REQUEST,
    401: ErrorCode.AUTHENTICATION_REQUIRED,
    403: ErrorCode.PERMISSION_DENIED,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    406: ErrorCode.NOT_ACCEPTABLE,
    413: ErrorCode.PAYLOAD_TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    422: ErrorCode.VALIDATION_FAILED,
    429: ErrorCode.RATE_LIMITED,
    503: ErrorCode.INSTITUTION_UNAVAILABLE,
}


# Not OperationalError for psycopg: a session that idled too long in its transaction, or that ran
# too long, and a batch that the ledger gave up after it met others again and again.
_RETRY_STATES = frozenset({"25P03", "25P04", "LK001"})


def problem_of(error: BaseException) -> Problem | None:
    """The refusal that an exception means, or None when it is a fault of ours."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return Problem(ErrorCode.NOT_FOUND)
    if isinstance(error, PermissionDenied):
        return Problem(ErrorCode.PERMISSION_DENIED)
    if isinstance(error, SuspiciousOperation):
        return Problem(ErrorCode.MALFORMED_REQUEST)
    if isinstance(error, APIException):
        return Problem(_error_of(error.status_code))
    if isinstance(error, OperationalError | InterfaceError) or _is_worth_a_retry(error):
        logger.error("the database did not answer: %s", error)
        return Problem(
            ErrorCode.INSTITUTION_UNAVAILABLE,
            "Not done, or not known to be done: repeat it with the same Idempotency-Key.",
        )
    return None


def _is_worth_a_retry(error: BaseException) -> bool:
    return (
        isinstance(error, DatabaseError)
        and getattr(error.__cause__, "sqlstate", None) in _RETRY_STATES
    )


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponseBase | None:
    """REST framework's hook; None lets Django log the fault and answer 500."""
    problem = problem_of(error)
    return render_problem(problem) if problem is not None else None


def is_api_path(path: str) -> bool:
    """True where every error must be a problem."""
    return _API_PATH.match(path) is not None


class ProblemMiddleware:
    """Outermost but for headers: what an inner layer answers in another shape becomes a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        if _TRAVERSAL.search(request.path_info):
            response: HttpResponseBase = render_problem(Problem(ErrorCode.NOT_FOUND))
        else:
            response = self.get_response(request)
            if is_api_path(request.path_info):
                response = _as_problem(response)
                if response.status_code >= PROBLEM_STATUS_MIN:
                    discard_body(request)
        observe(request, response, time.perf_counter() - started)
        return response

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Refusals that a plain Django view raised."""
        if not is_api_path(request.path_info) and not isinstance(exception, Problem):
            return None
        problem = problem_of(exception)
        return render_problem(problem) if problem is not None else None


def _as_problem(response: HttpResponseBase) -> HttpResponseBase:
    """The old answer is dropped, not closed: closing it would end the request."""
    if response.status_code < PROBLEM_STATUS_MIN or _is_problem(response):
        return response
    kept = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
    return render_problem(Problem(_error_of(response.status_code), headers=kept))


def _is_problem(response: HttpResponseBase) -> bool:
    return str(response.get("Content-Type", "")).startswith(PROBLEM_TYPE)


def _error_of(status: int) -> ErrorCode:
    fallback = ErrorCode.MALFORMED_REQUEST if status < 500 else ErrorCode.INTERNAL_ERROR
    return _BY_STATUS.get(status, fallback)
