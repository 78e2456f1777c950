"""A client that costs little: requests made before, sockets, one process of its own.

Each connection sends its next request when the answer to the last one has come (a closed loop),
or, with a rate, at the request's time (an open loop): latency then counts from that time, so a
server that falls behind shows it.
"""

import gc
import multiprocessing
import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cbdc.devnet.sockets import HOST

TIMEOUT_S = 30.0
READ_BYTES = 65_536
END_OF_HEAD = b"\r\n\r\n"
END_OF_CHUNKS = b"0\r\n\r\n"
_FORK = multiprocessing.get_context("fork")  # the child reads the requests that are made already


@dataclass(slots=True)
class Driven:
    """What came of it; latencies in seconds, sorted."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def wrong(self) -> int:
        """Answers that were not 2xx."""
        return sum(count for status, count in self.statuses.items() if status // 100 != 2)


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent: float = 0.0
    received: bytes = b""


def drive(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int,
    seconds: float,
    rate: float | None = None,
) -> Driven:
    """Send requests for so long, or until there are none left."""
    receiving, sending = _FORK.Pipe(duplex=False)

    def child() -> None:
        gc.disable()
        sending.send(_drive(port, requests, connections, seconds, rate))

    process = _FORK.Process(target=child)
    process.start()
    sending.close()
    driven: Driven = receiving.recv()
    process.join()
    return driven


def _drive(
    port: int, requests: Sequence[bytes], connections: int, seconds: float, rate: float | None
) -> Driven:
    selector = selectors.DefaultSelector()
    idle = [_Connection(_open(port)) for _ in range(min(connections, len(requests)))]
    for one in idle:
        selector.register(one.socket, selectors.EVENT_READ, one)
    driven, busy, number = Driven(), 0, 0
    begun = time.perf_counter()
    until = begun + seconds
    while True:
        now = time.perf_counter()
        going = now < until and number < len(requests)
        while idle and going:
            due = now if rate is None else begun + number / rate
            if due > now:
                break
            one = idle.pop()
            one.sent, one.received = due, b""
            one.socket.sendall(requests[number])
            number, busy = number + 1, busy + 1
            going = number < len(requests)
        if not busy and not going:
            break
        pause = TIMEOUT_S
        if rate is not None and idle and going:
            pause = max(begun + number / rate - time.perf_counter(), 0.0)
        events = selector.select(pause)
        if not events and busy and pause == TIMEOUT_S:
            raise TimeoutError("the server does not answer")
        for key, _ in events:
            one = key.data
            if status := _answered(one):
                driven.statuses[status] += 1
                driven.latencies.append(time.perf_counter() - one.sent)
                idle.append(one)
                busy -= 1
    driven.seconds = time.perf_counter() - begun
    driven.latencies.sort()
    return driven


def _open(port: int) -> socket.socket:
    connection = socket.create_connection((HOST, port), timeout=TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answered(one: _Connection) -> int:
    """The status once the whole answer is there; 0 before."""
    received = one.socket.recv(READ_BYTES)
    if not received:
        raise ConnectionError("the server closed a connection that it was to keep")
    one.received += received
    head, separator, body = one.received.partition(END_OF_HEAD)
    if not separator:
        return 0
    lower = head.lower()
    if b"\r\ntransfer-encoding: chunked" in lower:
        whole = body.endswith(END_OF_CHUNKS)
    else:
        length = lower.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        whole = len(body) >= int(length or 0)
    return int(head[9:12]) if whole else 0


def request(method: str, path: str, port: int, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request over a connection that is kept."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
