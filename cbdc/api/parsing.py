"""Bodies of requests, strictly: size, content type, and JSON without its traps (API.md)."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import IO, Any, cast

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from rest_framework.request import Request

from cbdc.errors import ErrorCode, Problem
from cbdc.strict_json import StrictJsonError, loads_object

BODY_BYTES_MAX = 64 * 1024
LARGE_BODY_BYTES_MAX = 4 * 1024 * 1024
DISCARDED_BYTES_MAX = 32 * 1024 * 1024
LARGE_BODY_PATHS = ("/interbank/", "/api/v1/transit/taps")

_JSON = re.compile(r'application/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?;?', re.I | re.ASCII)
_RAW = "_cbdc_raw_body"
_OBJECT = "_cbdc_json_object"


def plain_request(request: HttpRequest | Request) -> HttpRequest:
    """Django's own request, also from the wrapper of REST framework."""
    return request._request if isinstance(request, Request) else request


def header(request: HttpRequest | Request, name: str, default: str = "") -> str:
    """A header as it was sent. Django's `headers` are made anew, all of them, for each request."""
    return str(plain_request(request).META.get(_in_meta(name), default))


class SentHeaders(Mapping[str, str]):
    """All headers, by lower-case name."""

    def __init__(self, request: HttpRequest | Request) -> None:
        self._request = plain_request(request)

    def __getitem__(self, name: str) -> str:
        return str(self._request.META[_in_meta(name)])

    def __iter__(self) -> Iterator[str]:
        return (name.lower() for name in self._request.headers)

    def __len__(self) -> int:
        return len(self._request.headers)


@lru_cache(maxsize=256)
def _in_meta(name: str) -> str:
    """What WSGI calls a header (PEP 3333)."""
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


def body_bytes_max(path: str) -> int:
    """How large a body this path takes, in bytes."""
    return LARGE_BODY_BYTES_MAX if path.startswith(LARGE_BODY_PATHS) else BODY_BYTES_MAX


def read_body(request: HttpRequest | Request) -> bytes:
    """The whole body, read once and kept; never more than the limit is held in memory.

    Raises:
        Problem: payload_too_large, also when the length was not announced (chunked).
    """
    plain = plain_request(request)
    known = getattr(plain, _RAW, None)
    if known is not None:
        return cast(bytes, known)
    limit = body_bytes_max(plain.path_info)
    if _announced_length(plain) > limit:
        raise _too_large(limit)
    raw = _read_up_to(plain, limit + 1)
    if len(raw) > limit:
        raise _too_large(limit)
    setattr(plain, _RAW, raw)
    plain._body = raw  # `request.body` goes on to work
    return raw


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body.

    Raises:
        Problem: malformed_request.
    """
    if not raw.strip():
        raise Problem(ErrorCode.MALFORMED_REQUEST, "The body is empty.")
    try:
        return loads_object(raw)
    except StrictJsonError as error:
        raise Problem(ErrorCode.MALFORMED_REQUEST, f"{error}.") from error


def require_json(request: HttpRequest | Request) -> None:
    """Refuse every content type except `application/json` in UTF-8, and every content coding.

    Raises:
        Problem: unsupported_media_type.
    """
    require_json_headers(
        content_type=header(request, "Content-Type"),
        content_encoding=header(request, "Content-Encoding", "identity"),
    )


def require_json_headers(*, content_type: str, content_encoding: str) -> None:
    """As `require_json`, of the two headers.

    Raises:
        Problem: unsupported_media_type.
    """
    coding = content_encoding.strip().lower()
    if not _JSON.fullmatch(content_type.strip()) or coding != "identity":
        raise Problem(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send application/json in UTF-8.")


def json_object(request: HttpRequest | Request) -> dict[str, Any]:
    """The JSON object that the request must carry, parsed once.

    Raises:
        Problem: payload_too_large, unsupported_media_type, malformed_request.
    """
    plain = plain_request(request)
    known = getattr(plain, _OBJECT, None)
    if known is None:
        raw = read_body(plain)
        if raw:
            require_json(plain)
        known = parse_object(raw)
        setattr(plain, _OBJECT, known)
    return cast(dict[str, Any], known)


def optional_json_object(request: HttpRequest | Request) -> dict[str, Any]:
    """As `json_object`, for calls whose body may be empty: that is `{}`."""
    return json_object(request) if read_body(request) else {}


def discard_body(request: HttpRequest | Request) -> None:
    """Take what is left of a refused body, within a limit and without keeping it.

    A server that answers and closes while the caller still sends resets the connection,
    and the caller never sees the answer.
    """
    plain = plain_request(request)
    if hasattr(plain, "_body"):
        return
    stream = _unannounced_stream(plain) or plain
    left = DISCARDED_BYTES_MAX
    try:
        while left > 0 and (part := stream.read(min(left, BODY_BYTES_MAX))):
            left -= len(part)
    except OSError:
        return  # the caller has gone


def _announced_length(request: HttpRequest) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    if not text.isascii() or not text.isdigit():
        raise Problem(ErrorCode.MALFORMED_REQUEST, "Content-Length is not a number.")
    return int(text[:20])


def _read_up_to(request: HttpRequest, size: int) -> bytes:
    """Django reads Content-Length bytes; a body without one is read from the server itself."""
    if hasattr(request, "_body"):
        return request.body[:size]
    stream = _unannounced_stream(request) or request
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _unannounced_stream(request: HttpRequest) -> IO[bytes] | None:
    """The input of a chunked (or HTTP/2) request, which ends by itself."""
    if not isinstance(request, WSGIRequest) or request.META.get("CONTENT_LENGTH"):
        return None
    ends_by_itself = bool(request.environ.get("wsgi.input_terminated"))
    if not ends_by_itself and "HTTP_TRANSFER_ENCODING" not in request.META:
        return None
    return cast(IO[bytes], request.environ["wsgi.input"])


def _too_large(limit: int) -> Problem:
    return Problem(ErrorCode.PAYLOAD_TOO_LARGE, f"A body has at most {limit} bytes here.")
