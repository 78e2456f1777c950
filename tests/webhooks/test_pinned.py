"""A request goes to the address that was checked, to no other, and comes back in time."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.webhooks.certificates import Authority
from tests.webhooks.conftest import PUBLIC, Names
from tests.webhooks.receiver import Receiver
from wallets.webhooks import guard, names, pinned

BODY = b'{"type":"order.paid"}'


def post(url: str) -> int:
    return pinned.post(url, headers={"webhook-id": "msg_1"}, body=BODY)


@contextmanager
def speaking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does what `talk` does with a connection; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                line, _ = server.accept()
                with line:
                    line.recv(65536)
                    talk(line)
            except OSError:
                return  # whoever hung up did so on purpose

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"


@pytest.fixture
def inside_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the loopback stand for the Internet."""
    monkeypatch.setattr(guard, "is_public", lambda address: True)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    pinned._tls.cache_clear()
    yield made
    pinned._tls.cache_clear()


def over_tls(receiver: Receiver, context: ssl.SSLContext, names_seen: list[str | None]) -> None:
    """Have a receiver speak TLS, and note the names that it is called by."""

    def called(line: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        names_seen.append(name)

    context.sni_callback = called
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)


def test_receiver_gets_the_bytes_and_its_name(receiver: Receiver) -> None:
    assert post(f"http://localhost:{receiver.port}/hook?shop=7") == 204
    [request] = receiver.received
    assert request.path == "/hook?shop=7"
    assert request.body == BODY
    assert request.headers["host"] == f"localhost:{receiver.port}"
    assert request.headers["webhook-id"] == "msg_1"


def test_certificate_is_checked_against_the_name_and_the_address_is_the_checked_one(
    receiver: Receiver, dns: Names, authority: Authority, inside_is_public: None
) -> None:
    called: list[str | None] = []
    over_tls(receiver, authority.serves("shop.example"), called)
    dns.addresses = {"shop.example": ["127.0.0.1"], "evil.example": ["127.0.0.1"]}
    assert post(f"https://shop.example:{receiver.port}/hook") == 204
    assert receiver.received[0].headers["host"] == f"shop.example:{receiver.port}"
    with pytest.raises(ssl.SSLCertVerificationError):
        post(f"https://evil.example:{receiver.port}/hook")
    assert called == ["shop.example", "evil.example"]
    assert dns.asked == ["shop.example", "evil.example"]  # each once: nothing asks again
    assert len(receiver.received) == 1


def test_certificate_that_nobody_trusts_gets_nothing(
    receiver: Receiver,
    dns: Names,
    authority: Authority,
    inside_is_public: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over_tls(receiver, authority.serves("shop.example"), [])
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path / "other").file))
    dns.addresses = {"shop.example": ["127.0.0.1"]}
    with pytest.raises(ssl.SSLCertVerificationError):
        post(f"https://shop.example:{receiver.port}/hook")
    assert receiver.received == []


def test_name_that_has_moved_inside_is_refused_without_a_connection(
    receiver: Receiver, dns: Names
) -> None:
    dns.addresses = {"shop.example": [PUBLIC]}
    guard.check(f"https://shop.example:{receiver.port}/hook")
    for inside in (["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["::ffff:127.0.0.1"]):
        dns.addresses = {"shop.example": inside}
        with pytest.raises(guard.Refused):
            post(f"https://shop.example:{receiver.port}/hook")
    assert receiver.connections == 0


def test_name_that_moves_between_check_and_connection_is_dialled_where_it_was_checked(
    receiver: Receiver, dns: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is public, each later one is inside."""
    answers = [[PUBLIC]]
    names.set_look_up(lambda name: answers.pop() if answers else ["127.0.0.1"])
    dialled: list[str] = []

    def dial(address: tuple[str, int], timeout: float) -> socket.socket:
        dialled.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", dial)
    with pytest.raises(ConnectionRefusedError):
        post(f"https://shop.example:{receiver.port}/hook")
    assert dialled == [PUBLIC]
    assert receiver.connections == 0


def test_next_address_is_tried_when_one_takes_no_connection(
    receiver: Receiver, dns: Names, authority: Authority, inside_is_public: None
) -> None:
    over_tls(receiver, authority.serves("shop.example"), [])
    dns.addresses = {"shop.example": ["127.0.0.2", "127.0.0.1"]}  # it listens on the second
    assert post(f"https://shop.example:{receiver.port}/hook") == 204


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(receivers: Callable[[], Receiver], status: int) -> None:
    outside, inside = receivers(), receivers()
    outside.answers(status)
    outside.answer_headers = {"location": inside.url}
    assert post(outside.url) == status
    assert len(outside.received) == 1
    assert inside.connections == 0


def test_proxies_of_the_environment_are_not_used(
    receivers: Callable[[], Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, receiver = receivers(), receivers()
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert post(receiver.url) == 204
    assert proxy.connections == 0


def test_answer_that_drips_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "TOTAL_S", 0.5)

    def drip(line: socket.socket) -> None:
        for byte in b"HTTP/1.1 200 OK\r\n" + b"x-drop: 1\r\n" * 100:
            line.sendall(bytes([byte]))
            time.sleep(0.1)

    begun = time.monotonic()
    with speaking(drip) as url, pytest.raises(TimeoutError):
        post(url)
    assert time.monotonic() - begun < 1.5


def test_receiver_that_takes_no_part_in_tls_is_hung_up_on(
    dns: Names, inside_is_public: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinned, "TOTAL_S", 0.5)
    dns.addresses = {"shop.example": ["127.0.0.1"]}
    begun = time.monotonic()
    with speaking(lambda line: time.sleep(3)) as url, pytest.raises(TimeoutError):
        post(url.replace("http://127.0.0.1", "https://shop.example"))
    assert time.monotonic() - begun < 1.5


def test_endless_body_is_not_read() -> None:
    sent = [0]

    def pour(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.sendall(b"x" * 65536)
            sent[0] += 65536

    begun = time.monotonic()
    with speaking(pour) as url:
        assert post(url) == 200
    assert time.monotonic() - begun < 2
    assert sent[0] < 2**24  # what fits into the buffers of the two machines


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: 1\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
def test_answer_that_is_not_http_is_a_failure(answer: bytes) -> None:
    refused = pytest.raises((OSError, HTTPException))
    with speaking(lambda line: line.sendall(answer)) as url, refused:
        post(url)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        post(f"http://127.0.0.1:{port}/")
