"""The client of the REST benchmark counts what it got, and its tables say what was reached."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from benchmarks.rest import (
    ACROSS,
    BALANCE,
    CONNECTIONS,
    INSIDE,
    MOST,
    NAIVE,
    NO_OP,
    ONE,
    Measurements,
    floors,
    rates,
)
from benchmarks.rest_client import Driven, drive, request

ANSWERS = {
    b"/length": b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nabcde",
    b"/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"/refused": b"HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n",
}


@pytest.fixture
def port() -> Iterator[int]:
    """A server that answers by path, byte by byte, and keeps its connections."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            while first := lines.readline():
                length = 0
                while (line := lines.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                lines.read(length)
                for byte in ANSWERS[first.split()[1]]:
                    connection.sendall(bytes([byte]))

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


def ask(port: int, *paths: str, method: str = "POST") -> list[bytes]:
    return [request(method, path, port, {"Accept": "*/*"}, b"{}") for path in paths]


@pytest.mark.parametrize("connections", [1, 3])
def test_every_request_is_sent_once_and_every_answer_counted(port: int, connections: int) -> None:
    asked = ask(port, *["/length"] * 5, *["/chunked"] * 4, "/refused")
    driven = drive(port, asked, connections=connections, seconds=30)
    assert driven.statuses == Counter({201: 5, 200: 4, 422: 1})
    assert driven.wrong == 1
    assert len(driven.latencies) == 10
    assert driven.latencies == sorted(driven.latencies)
    assert driven.rate > 0


def test_it_ends_when_its_time_is_over(port: int) -> None:
    driven = drive(port, ask(port, "/length") * 1_000_000, connections=2, seconds=0.2)
    assert 0.1 < driven.seconds < 5
    assert 0 < len(driven.latencies) < 1_000_000


def test_with_a_rate_requests_go_out_at_their_time(port: int) -> None:
    driven = drive(port, ask(port, "/length") * 20, connections=4, seconds=30, rate=50)
    assert driven.seconds >= 19 / 50
    assert len(driven.latencies) == 20


def measured(**rates_of: float) -> Measurements:
    made = Measurements()
    for name in (NO_OP, INSIDE, NAIVE, BALANCE, ACROSS):
        for connections in CONNECTIONS:
            count = int(rates_of.get(name, 100))
            made.driven[name, connections] = [Driven(1.0, [0.01] * count, Counter({200: count}))]
    made.driven[ONE, MOST] = made.driven[INSIDE, MOST]
    made.paced = [Driven(1.0, [0.01] * 99 + [0.2] * 2, Counter({200: 101}))]
    return made


def test_floors_say_what_is_reached_and_what_is_missed() -> None:
    shown = floors(measured(**{NO_OP: 1000, INSIDE: 700, NAIVE: 200, BALANCE: 790}))
    lines = shown.splitlines()[2:]
    assert [line.rsplit("|", 2)[1].strip() for line in lines] == [
        *("reached", "missed", "missed", "reached", "missed")
    ]
    assert "20.0 ×" in lines[-1]


def test_the_table_has_a_line_for_each_work_and_ratios() -> None:
    shown = rates(measured(**{NO_OP: 1000, INSIDE: 700}))
    [inside] = [line for line in shown.splitlines() if line.startswith(f"| {INSIDE} |")]
    assert "| 700 | 10.0 | 10.0 | 0.70 |" in inside
    assert len(shown.splitlines()) == 2 + 6


def test_answers_that_were_refused_are_told() -> None:
    made = measured()
    made.driven[INSIDE, 1][0].statuses[500] = 3
    assert made.wrong() == {INSIDE: 3}
