"""The calls that are made most, answered before Django: same checks, same services, same answers.

What Django does for every request (signals, middlewares, the table of paths, REST framework)
costs more than a plain payment's own work (docs/decisions.md). A `QuickCall` answers what is plain
and has nothing special; for all else it gives None, having done nothing, and Django takes the
request as if it had come first.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch
from rest_framework.request import Request

from cbdc.api.answers import JSON_TYPE
from cbdc.api.metrics import observe
from cbdc.api.parsing import BODY_BYTES_MAX, plain_request, read_body
from cbdc.api.proxies import Application
from cbdc.api.views import accepts
from cbdc.errors import Problem

logger = logging.getLogger(__name__)

Environ = dict[str, Any]
_TRIED = "cbdc.quick.tried"  # in the environment, where no header of a caller can come


@dataclass(frozen=True, slots=True)
class QuickCall:
    """`answer` gives None, or raises a Problem, when it did nothing."""

    method: str
    path: re.Pattern[str]
    route: str  # as Django names it, for the metrics
    answer: Callable[[HttpRequest], HttpResponse | None]


class QuickDoor:
    """A WSGI application before another one."""

    def __init__(self, django: Application, calls: Sequence[QuickCall]) -> None:
        self._django = django
        self._calls = [
            (call, ResolverMatch(call.answer, (), {}, route=call.route)) for call in calls
        ]
        self._security = SecurityMiddleware(_nothing)
        self._frames = XFrameOptionsMiddleware(_nothing)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        for call, match in self._calls:
            if method == call.method and call.path.fullmatch(path) and _is_plain(environ):
                response = self._answer(call, match, environ)
                if response is not None:
                    status = f"{response.status_code} {response.reason_phrase}"
                    start_response(status, list(response.items()))
                    return [response.content]
                break
        answer: Iterable[bytes] = self._django(environ, start_response)
        return answer

    def _answer(
        self, call: QuickCall, match: ResolverMatch, environ: Environ
    ) -> HttpResponse | None:
        started = time.perf_counter()
        request = WSGIRequest(environ)
        try:
            body = read_body(request)
            environ["wsgi.input"] = BytesIO(body)  # for Django, if it comes to that
            if self._security.process_request(request) is not None:  # to HTTPS
                return None
            request.get_host()  # refuses hosts that are not ours
            connection.close_if_unusable_or_obsolete()
            response = call.answer(request)
        except (Problem, SuspiciousOperation):
            response = None
        except Exception:
            # An effect, if there was one, stands under its Idempotency-Key: Django answers it.
            logger.exception("a quick call failed")
            return None
        if response is None:
            environ[_TRIED] = True
            return None
        self._security.process_response(request, response)
        self._frames.process_response(request, response)
        request.resolver_match = match
        observe(request, response, time.perf_counter() - started)
        return response


def was_tried(request: HttpRequest | Request) -> bool:
    """True if the quick call of this request did nothing: its view need not try again."""
    return _TRIED in plain_request(request).META


def _is_plain(environ: Environ) -> bool:
    """No query, JSON is taken for an answer, and the body's length is said and small."""
    length = environ.get("CONTENT_LENGTH") or "0"
    return (
        not environ.get("QUERY_STRING")
        and "HTTP_TRANSFER_ENCODING" not in environ
        and (length.isascii() and length.isdigit() and len(length) < 8)
        and int(length) <= BODY_BYTES_MAX
        and accepts(environ.get("HTTP_ACCEPT") or "*/*", JSON_TYPE)
    )


def _nothing(request: HttpRequest) -> HttpResponse:
    """What the middlewares would call: here only their halves are."""
    raise NotImplementedError
