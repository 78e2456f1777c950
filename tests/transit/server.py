"""Harbor and the central bank behind a real port, on their real databases, in a thread."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

from cbdc.institution import CENTRAL_BANK_CODE
from tests.support import acting_as

CENTRAL_BANKS = ("/api/v1/institutions",)
POLL_S = 0.01
Trouble = Callable[[str], bool]


class HungUpError(Exception):
    """Nobody is there any more to be answered."""


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(WSGIServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked was killed."""


class BankServer:
    """One request at a time. `before` and `after` are told the path, and hang up for True."""

    def __init__(self) -> None:
        self.before: Trouble = lambda path: False
        self.after: Trouble = lambda path: False
        self._django: Any = WSGIHandler()
        self._server = make_server("127.0.0.1", 0, self._answer, _Server, _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def serve(self) -> None:
        """Until `stop`."""
        try:
            self._server.serve_forever(POLL_S)
        finally:
            connections.close_all()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        if self.before(path):
            raise HungUpError
        with acting_as(CENTRAL_BANK_CODE if path in CENTRAL_BANKS else "harbor"):
            started: list[Any] = []
            response = self._django(environ, lambda *args: started.append(args))
            try:
                content = b"".join(response)
            finally:
                response.close()
        if self.after(path):
            raise HungUpError
        start_response(*started[0])
        return [content]


@contextmanager
def bank_server() -> Iterator[BankServer]:
    """While the block runs; nothing else of the test may act as an institution meanwhile."""
    server = BankServer()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
