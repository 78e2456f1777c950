"""A merchant's server: answers as a test wants it to, and remembers what it was sent."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG_MAX_S = 30.0


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in; `headers` by lower-case name."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)


Answer = Callable[[Received], int]


class _Handler(BaseHTTPRequestHandler):
    server: "Receiver"
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Received(self.path, headers, self.rfile.read(length))
        self.server.received.append(request)
        status = self.server.answer(request)
        self.send_response(status)
        for name, value in self.server.answer_headers.items():
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


class Receiver(ThreadingHTTPServer):
    """Listens on a free port of the loopback while the block runs."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.connections = 0
        self.answer: Answer = lambda request: 204
        self.answer_headers: dict[str, str] = {}
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.wake()
        self.shutdown()
        self.server_close()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def get_request(self):  # type: ignore[no-untyped-def]
        accepted = super().get_request()
        self.connections += 1
        return accepted

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hung up did so on purpose."""

    def answers(self, *statuses: int) -> None:
        """These, one after the other; the last one from then on."""
        left = list(statuses)
        self.answer = lambda request: left.pop(0) if len(left) > 1 else left[0]

    def hangs(self) -> None:
        """Takes requests and does not answer until the test is over, or `wake`."""

        def answer(request: Received) -> int:
            self._woken.wait(HANG_MAX_S)
            return 204

        self.answer = answer

    def wake(self) -> None:
        """Let what hangs answer."""
        self._woken.set()
