"""Strict JSON: each trap of API.md, "Strict input", is refused with its code."""

import io
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from cbdc.api.parsing import (
    BODY_BYTES_MAX,
    DISCARDED_BYTES_MAX,
    LARGE_BODY_BYTES_MAX,
    discard_body,
    json_object,
    optional_json_object,
    parse_object,
    read_body,
)
from cbdc.errors import ErrorCode, Problem
from tests.api.support import code_of


def nested(levels: int) -> bytes:
    """An object with `levels` objects in all, one inside the other."""
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"  \n",
        b"{",
        b'{"a": 1',
        b"{'a': 1}",
        b'{"a": 1} x',
        b'{"a": 1}{"a": 1}',
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b"[]",
        b'"text"',
        b"1",
        b"null",
        nested(33),
        b"[" * 60_000,
        b'{"a": 01}',
        b'{"a": "line\nbreak"}',
    ],
)
def test_malformed_body_is_refused(raw: bytes) -> None:
    with pytest.raises(Problem) as refused:
        parse_object(raw)
    assert refused.value.error is ErrorCode.MALFORMED_REQUEST


def test_thirty_two_levels_are_taken() -> None:
    assert parse_object(nested(32))


def test_brackets_inside_a_string_are_no_levels() -> None:
    assert parse_object(b'{"a": "' + b"[" * 100 + b'\\""}') == {"a": "[" * 100 + '"'}


def request_with(body: bytes, content_type: str, **headers: Any) -> HttpRequest:
    return RequestFactory().post("/api/v1/x", body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "Application/JSON",
    ],
)
def test_json_in_utf_8_is_taken(content_type: str) -> None:
    assert json_object(request_with(b'{"a":1}', content_type)) == {"a": 1}


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/json",
        "application/jsonp",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/problem+json",
    ],
)
def test_other_content_types_are_unsupported(content_type: str) -> None:
    with pytest.raises(Problem) as refused:
        json_object(request_with(b'{"a":1}', content_type))
    assert refused.value.error is ErrorCode.UNSUPPORTED_MEDIA_TYPE


def test_compressed_body_is_unsupported() -> None:
    with pytest.raises(Problem) as refused:
        json_object(request_with(b"{}", "application/json", **{"Content-Encoding": "gzip"}))
    assert refused.value.error is ErrorCode.UNSUPPORTED_MEDIA_TYPE


def test_empty_body_is_malformed_where_one_is_needed() -> None:
    with pytest.raises(Problem) as refused:
        json_object(request_with(b"", ""))
    assert refused.value.error is ErrorCode.MALFORMED_REQUEST


def test_empty_body_is_an_empty_object_where_none_is_needed() -> None:
    assert optional_json_object(request_with(b"", "")) == {}


def test_body_stays_readable_after_parsing() -> None:
    request = request_with(b'{"a":1}', "application/json")
    json_object(request)
    assert request.body == b'{"a":1}'
    assert read_body(request) == b'{"a":1}'


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/api/v1/payments", BODY_BYTES_MAX),
        ("/interbank/v1/messages", LARGE_BODY_BYTES_MAX),
        ("/api/v1/transit/taps", LARGE_BODY_BYTES_MAX),
    ],
)
def test_body_over_the_limit_is_too_large(path: str, limit: int) -> None:
    factory = RequestFactory()
    assert len(read_body(factory.post(path, b"x" * limit, content_type="x/y"))) == limit
    with pytest.raises(Problem) as refused:
        read_body(factory.post(path, b"x" * (limit + 1), content_type="x/y"))
    assert refused.value.error is ErrorCode.PAYLOAD_TOO_LARGE


class Endless(io.RawIOBase):
    """A body that never ends, in small pieces, as a chunked request may be."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        piece = min(size, 50_000) if size >= 0 else 50_000
        self.given += piece
        return b"x" * piece


def chunked(stream: Any) -> WSGIRequest:
    environ = RequestFactory().post("/api/v1/payments").environ
    del environ["CONTENT_LENGTH"]
    return WSGIRequest({**environ, "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": stream})


def test_chunked_body_is_read() -> None:
    assert read_body(chunked(io.BytesIO(b'{"a":1}'))) == b'{"a":1}'


def test_chunked_body_over_the_limit_is_too_large_before_it_is_read_whole() -> None:
    endless = Endless()
    with pytest.raises(Problem) as refused:
        read_body(chunked(endless))
    assert refused.value.error is ErrorCode.PAYLOAD_TOO_LARGE
    assert endless.given == BODY_BYTES_MAX + 1


def test_rest_of_a_refused_body_is_taken_but_not_without_end() -> None:
    endless = Endless()
    request = chunked(endless)
    with pytest.raises(Problem):
        read_body(request)
    discard_body(request)
    assert endless.given == BODY_BYTES_MAX + 1 + DISCARDED_BYTES_MAX


@pytest.mark.django_db
def test_refused_body_is_taken_before_the_answer(client: Client) -> None:
    response = client.post("/api/v1/nothing", b"x" * 100, content_type="application/json")
    assert response.status_code == 404
    assert response.wsgi_request.read() == b""


@pytest.mark.parametrize("length", ["-1", "1.5", "²", "x"])
def test_content_length_that_is_no_number_is_malformed(length: str) -> None:
    request = RequestFactory().post("/api/v1/x", b"{}", content_type="application/json")
    request.META["CONTENT_LENGTH"] = length
    with pytest.raises(Problem) as refused:
        read_body(request)
    assert refused.value.error is ErrorCode.MALFORMED_REQUEST


@pytest.mark.django_db
def test_too_large_body_is_a_problem_for_a_plain_view_too(client: Client) -> None:
    body = b"x" * (LARGE_BODY_BYTES_MAX + 1)
    response = client.post("/interbank/v1/messages", body, content_type="application/json")
    assert code_of(response) == "payload_too_large"
