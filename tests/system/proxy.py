"""A proxy in front of an institution that does what networks do: its public address is here."""

import http.client
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cbdc.devnet.sockets import HOST

REQUEST_LOST = "request lost"
REPLY_LOST = "reply lost"
DOUBLED = "request doubled"
DELAYED = "request delayed"
HELD_BACK = "request held back until nobody waits for it"
REQUEST_TRUNCATED = "request truncated"
REPLY_TRUNCATED = "reply truncated"
ERROR = "error instead of a reply"
GARBAGE = "garbage instead of a reply"
FAULTS = (
    *(REQUEST_LOST, REPLY_LOST, DOUBLED, DELAYED, HELD_BACK),
    *(REQUEST_TRUNCATED, REPLY_TRUNCATED, ERROR, GARBAGE),
)
DELAYS_S = (0.05, 0.3, 1.0)
HOLD_S = 2.0
ERRORS = (400, 500, 502, 503)
GARBAGE_BODY = b"<html><title>Welcome</title>\x00\xff</html>"
UPSTREAM_TIMEOUT_S = 30.0
MAX_BYTES = 64 * 2**20


@dataclass
class Faults:
    """Which request meets which fault: every kind in its turn, dealt from a shuffled deck.

    `share` is how many of the requests are spoiled; 0 spoils none. `happened` is the proof.
    """

    random: random.Random
    share: float = 0.0
    happened: Counter[str] = field(default_factory=Counter)
    _deck: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self) -> str | None:
        """The fault of the next request, or None."""
        with self._lock:
            if self.random.random() >= self.share:
                return None
            if not self._deck:
                self._deck = list(FAULTS)
                self.random.shuffle(self._deck)
            return self._deck.pop()

    def count(self, fault: str) -> None:
        with self._lock:
            self.happened[fault] += 1

    def choice(self, values: Sequence[float]) -> float:
        with self._lock:
            return self.random.choice(values)


@dataclass(frozen=True)
class _Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that was killed has hung up: nothing to report."""


class FaultProxy:
    """Listens on `port` and forwards to `target_port`, both of the loopback."""

    def __init__(self, port: int, target_port: int, faults: Faults) -> None:
        self.base_url = f"http://{HOST}:{port}"
        self._server = _Server((HOST, port), _handler(target_port, faults))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(target_port: int, faults: Faults) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged: the faults are counted."""

        def _serve(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), MAX_BYTES)
            body = self.rfile.read(length)
            fault = faults.draw() if self.command == "POST" else None
            try:
                if fault is None:
                    self._reply(self._forward(body))
                else:
                    faults.count(fault)
                    self._spoil(fault, body)
            except OSError:  # the institution is away, or the caller is: no answer
                self._hang_up()
            except http.client.HTTPException:
                self._hang_up()

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names of http.server

        def _spoil(self, fault: str, body: bytes) -> None:
            if fault == REQUEST_LOST:
                self._hang_up()
            elif fault == REPLY_LOST:
                self._forward(body)
                self._hang_up()
            elif fault == DOUBLED:
                replies = [self._forward(body), self._forward(body)]
                self._reply(replies[int(faults.choice([0, 1]))])
            elif fault == DELAYED:
                time.sleep(faults.choice(DELAYS_S))
                self._reply(self._forward(body))
            elif fault == HELD_BACK:
                self._hang_up()
                time.sleep(HOLD_S)
                self._forward(body)
            elif fault == REQUEST_TRUNCATED:
                self._reply(self._forward(body[: len(body) // 2]))
            elif fault == REPLY_TRUNCATED:
                reply = self._forward(body)
                self._reply(_Reply(reply.status, reply.headers, reply.body[: len(reply.body) // 2]))
            elif fault == ERROR:
                self._reply(_Reply(int(faults.choice(ERRORS)), [], GARBAGE_BODY))
            else:
                self._forward(body)
                self._reply(_Reply(200, [("Content-Type", "text/html")], GARBAGE_BODY))

        def _forward(self, body: bytes) -> _Reply:
            upstream = http.client.HTTPConnection(HOST, target_port, timeout=UPSTREAM_TIMEOUT_S)
            try:
                upstream.putrequest(self.command, self.path, skip_host=True)
                for name, value in self.headers.items():
                    if name.lower() not in ("connection", "content-length"):
                        upstream.putheader(name, value)
                if body or self.command == "POST":
                    upstream.putheader("Content-Length", str(len(body)))
                upstream.endheaders(body or None)
                answer = upstream.getresponse()
                return _Reply(answer.status, answer.getheaders(), answer.read())
            finally:
                upstream.close()

        def _reply(self, reply: _Reply) -> None:
            self.send_response_only(reply.status)
            for name, value in reply.headers:
                if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                    self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def _hang_up(self) -> None:
            self.close_connection = True
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    return Handler
