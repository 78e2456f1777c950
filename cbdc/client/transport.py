"""HTTP to one institution: JSON, time-outs, and retries that cannot pay twice.

A request is sent again only when that is safe: it reads, or it carries an Idempotency-Key,
or it makes nothing. Each try is signed afresh, with the same key and the same body.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from cbdc.errors import FieldError

CONNECT_TIMEOUT_S = 3.05
READ_TIMEOUT_S = 20.0  # above the 10 s that `Prefer: wait` may take
ATTEMPTS_MAX = 7
BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 3.0
RETRY_AFTER_MAX_S = 30.0
RETRIED_STATUSES = frozenset({502, 503, 504})
PAGE_SIZE = 200
JSON = "application/json"
CSV = "text/csv"
XML = "application/xml"
NO_ANSWER = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

Headers = Mapping[str, str]


class ApiProblem(Exception):  # noqa: N818 - the word of RFC 9457
    """A refusal. `code` is of the registry of API.md, or "unexpected_answer" for an answer
    that no institution gives (a proxy's page)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: tuple[FieldError, ...] = (),
        headers: Headers | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers: Headers = CaseInsensitiveDict(headers or {})


class Unreachable(Exception):  # noqa: N818 - a state of the institution, not of this program
    """No answer after every try. The outcome of a POST is unknown, not failed: send it again
    with the same Idempotency-Key."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it will be signed: `path` without a query, `body` as bytes."""

    method: str
    path: str
    authority: str
    body: bytes


Signer = Callable[[Call], Headers]


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: `body` of JSON, else `text`."""

    status: int
    body: dict[str, Any]
    headers: Headers
    text: str = ""


class Transport:
    """A session with one institution. One thread at a time uses it."""

    def __init__(
        self,
        base_url: str,
        *,
        attempts_max: int = ATTEMPTS_MAX,
        read_timeout_s: float = READ_TIMEOUT_S,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
            raise ValueError(f"not the base URL of an institution: {base_url!r}")
        self.base_url = f"{parts.scheme}://{parts.netloc}"
        self.authority = parts.netloc
        self._attempts_max = attempts_max
        self._timeout = (CONNECT_TIMEOUT_S, read_timeout_s)
        self._session = session or requests.Session()
        if parts.hostname in LOOPBACK:
            self._session.trust_env = False  # no proxy between this machine and itself
        self._sleep = sleep

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Headers | None = None,
        sign: Signer | None = None,
        repeatable: bool = True,
        accept: str = JSON,
    ) -> Answer:
        """Send until there is an answer; `path` begins with `/` and is already quoted.

        `sign` gives the headers of one try. `repeatable=False` sends once only. `accept` names
        the media type of the answer when it is not JSON.

        Raises:
            ApiProblem: the institution refused.
            Unreachable: there was no answer.
        """
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        call = Call(method, path, self.authority, content)
        url = self.base_url + path + (f"?{urlencode(query)}" if query else "")
        attempts = self._attempts_max if repeatable else 1
        for attempt in range(1, attempts + 1):
            sent = {"Accept": accept, **(headers or {})}
            if body is not None:
                sent["Content-Type"] = JSON
            if sign is not None:
                sent |= sign(call)
            pause = backoff_s(attempt)
            try:
                response = self._session.request(
                    method,
                    url,
                    data=content or None,
                    headers=sent,
                    timeout=self._timeout,
                    allow_redirects=False,
                )
            except NO_ANSWER as error:
                if attempt == attempts:
                    reason = type(error).__name__
                    raise Unreachable(f"{self.base_url} does not answer ({reason})") from error
            else:
                retry_after = retry_after_s(response.headers)
                if (
                    response.status_code not in RETRIED_STATUSES
                    or "Idempotency-Replayed" in response.headers  # a stored answer is final
                    or retry_after > RETRY_AFTER_MAX_S
                    or attempt == attempts
                ):
                    return _answer(response)
                pause = max(pause, retry_after)
            self._sleep(pause)
        raise AssertionError("unreachable")


def backoff_s(failures: int, *, longest_s: float = BACKOFF_MAX_S) -> float:
    """How long to wait after so many failures: twice as long each time, and never all at once."""
    doublings = min(failures - 1, 64)  # beyond any `longest_s`, and still a number
    pause = min(BACKOFF_FIRST_S * 2.0**doublings, longest_s)
    return pause * random.uniform(0.5, 1)  # noqa: S311 - spreads callers, guards nothing


def pages(
    fetch: Callable[[Mapping[str, str]], Answer], query: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """The rows of a list, page after page; `fetch` gets the page of a query."""
    asked = {"limit": str(PAGE_SIZE), **(query or {})}
    while True:
        page = fetch(asked).body
        yield from page["data"]
        if page.get("next_cursor") is None:
            return
        asked["cursor"] = page["next_cursor"]


def segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="+")


def _answer(response: requests.Response) -> Answer:
    if response.status_code == 204:
        return Answer(204, {}, response.headers)
    if response.ok and response.headers.get("Content-Type", "").startswith((CSV, XML)):
        return Answer(response.status_code, {}, response.headers, response.content.decode())
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        detail = f"{response.request.method} {response.url}: not a JSON object"
        raise ApiProblem(
            response.status_code, "unexpected_answer", detail, headers=response.headers
        )
    if response.ok and response.status_code < 300:
        return Answer(response.status_code, body, response.headers)
    errors = tuple(
        FieldError(str(row.get("field")), str(row.get("code")), str(row.get("detail")))
        for row in body.get("errors", [])
    )
    raise ApiProblem(
        response.status_code,
        str(body.get("code", "unexpected_answer")),
        str(body.get("detail") or body.get("title") or ""),
        errors,
        response.headers,
    )


def retry_after_s(headers: Headers) -> float:
    """`Retry-After` in seconds; institutions send no dates."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdecimal() else 0.0
