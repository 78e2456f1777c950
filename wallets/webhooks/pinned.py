"""A POST to an address that the guard has checked, and to no other, within a time.

The socket is connected to the checked address; TLS, its certificate check and the Host header
use the name. http.client neither follows redirects nor knows of proxies. The answer's body is
not read.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from wallets.webhooks import guard

CONNECT_S = 3.0  # for each address
TOTAL_S = 10.0  # from the look-up to the answer's head, however slowly it drips
ADDRESSES_MAX = 4  # that are tried; all are checked


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Checks certificates against the machine's store (or SSL_CERT_FILE)."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def post(url: str, *, headers: Mapping[str, str], body: bytes) -> int:
    """The status that the receiver answers.

    Raises:
        guard.Refused: nothing was sent.
        OSError: no connection, no trust, or no answer in time (TimeoutError).
        HTTPException: an answer that is not HTTP.
    """
    ends = time.monotonic() + TOTAL_S
    target, addresses = guard.check(url)
    line = _connect(addresses[:ADDRESSES_MAX], target.port, ends)
    # Each read has a time-out, but a receiver may send a byte before each runs out. This ends all
    # of them at once. A duplicate, because TLS takes the first one's place.
    wire = line.dup()
    late = threading.Event()
    timer = threading.Timer(max(ends - time.monotonic(), 0.0), _hang_up, [wire, late])
    timer.daemon = True
    timer.start()
    try:
        return _exchange(target, line, headers, body)
    except (OSError, HTTPException) as error:
        if late.is_set():
            raise TimeoutError("no answer in time") from error
        raise
    finally:
        timer.cancel()
        wire.close()


def _exchange(
    target: guard.Target, line: socket.socket, headers: Mapping[str, str], body: bytes
) -> int:
    connection: HTTPConnection
    with contextlib.closing(line):
        line.settimeout(TOTAL_S)
        if target.scheme == "https":
            connection = HTTPSConnection(target.host, target.port, context=_tls())
            connection.sock = _tls().wrap_socket(line, server_hostname=target.host)
        else:
            connection = HTTPConnection(target.host, target.port)
            connection.sock = line
        connection.auto_open = 0  # never by name
        with contextlib.closing(connection):
            connection.request("POST", target.path, body, dict(headers))
            with connection.getresponse() as answer:
                return answer.status


def _connect(addresses: list[str], port: int, ends: float) -> socket.socket:
    """A connection to the first of these addresses that takes one."""
    failed: OSError = TimeoutError("no connection in time")
    for address in addresses:
        left = ends - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, port), timeout=min(CONNECT_S, left))
        except OSError as error:
            failed = error
    raise failed


def _hang_up(wire: socket.socket, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)
