"""Locust's fast HTTP client in the place of `requests`, under the clients of `cbdc.client`.

So the generator signs, retries and reads as any holder does, there is one wire format, and
Locust counts every request.
"""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

import requests
from locust.contrib.fasthttp import FastHttpSession
from requests.structures import CaseInsensitiveDict

from cbdc.client.transport import Transport
from loadtests.recording import OK, REFUSALS, Recorder

ATTEMPTS_MAX = 3


class Names:
    """What the user is doing, in words: the name that its requests are counted under."""

    def __init__(self) -> None:
        self.current = ""


class LocustSession:
    """As much of a `requests.Session` as `Transport` uses."""

    def __init__(self, client: FastHttpSession, names: Names, recorder: Recorder) -> None:
        self.trust_env = False
        self._client = client
        self._names = names
        self._recorder = recorder

    def request(
        self,
        method: str,
        url: str,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> requests.Response:
        """Send one request, and count it.

        Raises:
            requests.ConnectionError: there was no answer.
        """
        name = self._names.current or method
        begun = time.perf_counter()
        with self._client.request(
            method,
            url,
            name=name,
            data=data,  # type: ignore[arg-type]
            headers=dict(headers or {}),
            catch_response=True,
            allow_redirects=False,
        ) as answer:
            took_ms = (time.perf_counter() - begun) * 1000
            status = int(answer.status_code or 0)
            response = _response(status, answer)
            code = _code(status, response)
            self._recorder.answered(name, code, took_ms)
            if code == OK or code in REFUSALS:
                answer.success()
            else:
                answer.failure(code)
        if not status:
            raise requests.ConnectionError(code)
        return response


def transport(
    base_url: str, client: FastHttpSession, names: Names, recorder: Recorder
) -> Transport:
    """A transport to one institution that Locust counts."""
    session = LocustSession(client, names, recorder)
    return Transport(base_url, attempts_max=ATTEMPTS_MAX, session=cast("requests.Session", session))


def _response(status: int, answer: Any) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = answer.content or b""
    response.headers = CaseInsensitiveDict(dict(answer.headers.items()) if answer.headers else {})
    if not status:
        response.reason = type(getattr(answer, "error", None)).__name__
    return response


def _code(status: int, response: requests.Response) -> str:
    if not status:
        return f"no answer ({response.reason})"
    if status < HTTPStatus.BAD_REQUEST:
        return OK
    try:
        return str(response.json()["code"])
    except (ValueError, KeyError, TypeError):
        return f"status {status}"
