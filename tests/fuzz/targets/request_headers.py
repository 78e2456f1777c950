"""What else a request's headers say: Prefer, Accept, Content-Type, Content-Length, key.

One line of latin-1 each, in that order.
"""

import io

from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from cbdc.api.idempotency import idempotency_key
from cbdc.api.parsing import json_object
from cbdc.api.prefer import WAIT_MAX_S, preferred_wait_s
from cbdc.api.views import accepts
from cbdc.errors import ErrorCode, Problem

REQUESTS = RequestFactory()
REFUSALS = {
    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.MALFORMED_REQUEST,
    ErrorCode.PAYLOAD_TOO_LARGE,
    ErrorCode.IDEMPOTENCY_KEY_MISSING,
}


def run(data: bytes) -> bool:
    prefer, accept, kind, length, key = (data.decode("latin-1").split("\n") + [""] * 5)[:5]
    if "\0" in kind:  # no server takes a NUL in a header, and Django would stumble over it
        return False
    environ = {
        **REQUESTS.post("/api/v1/payments", b"", "application/json").environ,
        "HTTP_PREFER": prefer,
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": length,
        "HTTP_IDEMPOTENCY_KEY": key,
        "wsgi.input": io.BytesIO(b"{}"),
    }
    request = WSGIRequest(environ)
    assert 0 <= preferred_wait_s(request) <= WAIT_MAX_S
    accepts(accept, "application/json")
    try:
        json_object(request)
        assert 1 <= len(idempotency_key(request)) <= 64
    except Problem as problem:
        assert problem.error in REFUSALS, problem.error
        return False
    return True


def seeds() -> dict[str, bytes]:
    return {
        "right": b"wait=5\n*/*\napplication/json\n2\n0190f3a1-7c00-7000-8000-000000000001",
        "long": b'respond-async, wait="10"; x\ntext/csv;q=0, application/*;q=0.5\n'
        b'Application/JSON; charset="UTF-8"\n2\nkey with spaces ~',
    }
