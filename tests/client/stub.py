"""A stub institution: answers what a test scripts, and keeps what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # by lower-case name
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Reply:
    """`status=0` hangs up without an answer. `after_s` waits first, until the stub is woken at
    most; `cut` hangs up in the middle of the body."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bool = False  # the body is a text, not JSON
    after_s: float = 0.0
    cut: bool = False


HANG_UP = Reply(0)
Respond = Callable[[Asked], Reply]


@dataclass
class Stub:
    """Answers from `replies` one by one, then by `respond`."""

    url: str
    replies: list[Reply] = field(default_factory=list)
    respond: Respond = lambda asked: Reply(404, {"code": "not_found", "detail": asked.path})
    asked: list[Asked] = field(default_factory=list)
    woken: threading.Event = field(default_factory=threading.Event)


def problem(status: int, code: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named.setdefault("Content-Type", "application/problem+json")
    return Reply(status, {"code": code, "detail": f"{code}!", "status": status}, named)


@contextmanager
def running() -> Iterator[Stub]:
    """A stub on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(
                self.command,
                parts.path,
                {name: values[0] for name, values in parse_qs(parts.query).items()},
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            stub.asked.append(asked)
            reply = stub.replies.pop(0) if stub.replies else stub.respond(asked)
            self.close_connection = True
            if reply.after_s:
                stub.woken.wait(reply.after_s)
            if reply.status == 0:
                return
            text = reply.body if reply.raw else json.dumps(reply.body)
            content = b"" if reply.body is None else text.encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            self.end_headers()
            with suppress(OSError):  # whoever asked may be dead
                self.wfile.write(content[: len(content) // 2] if reply.cut else content)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

        def handle(self) -> None:
            with suppress(OSError):  # cut off while it spoke
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub = Stub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        stub.woken.set()
        server.shutdown()
        thread.join()
        server.server_close()
