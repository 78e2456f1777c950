"""Names are looked up in the DNS, within a time, whatever its servers do."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.message
import dns.resolver
import dns.rrset
import pytest

from wallets.webhooks import names

NAME = "shop.example"


@contextmanager
def server(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], list[str] | None]
) -> Iterator[None]:
    """A DNS server that knows `answer(kind)`; None: it says nothing."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                data, client = line.recvfrom(4096)
            except OSError:
                return  # the test is over
            asked = dns.message.from_wire(data)
            kind = asked.question[0].rdtype.name
            known = answer(kind)
            if known is None:
                continue
            reply = dns.message.make_response(asked)
            if known:
                reply.answer = [dns.rrset.from_text(f"{NAME}.", 60, "IN", kind, *known)]
            line.sendto(reply.to_wire(), client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = line.getsockname()[1]
    monkeypatch.setattr(names, "_resolver", lambda: resolver)
    try:
        yield
    finally:
        line.close()


def test_every_address_of_both_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"A": ["192.0.2.1", "192.0.2.2"], "AAAA": ["2001:db8::1"]}
    with server(monkeypatch, lambda kind: known[kind]):
        assert sorted(names.look_up(NAME)) == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]


def test_name_without_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(monkeypatch, lambda kind: []):
        assert names.look_up(NAME) == []


def test_server_that_answers_for_one_kind_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "LOOK_UP_S", 0.3)
    with server(monkeypatch, lambda kind: ["192.0.2.1"] if kind == "A" else None):
        assert names.look_up(NAME) == ["192.0.2.1"]


def test_server_that_never_answers_costs_its_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "LOOK_UP_S", 0.3)
    begun = time.monotonic()
    with server(monkeypatch, lambda kind: None):
        assert names.look_up(NAME) == []
    assert time.monotonic() - begun < 2


def test_machine_without_a_resolver_has_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> dns.resolver.Resolver:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(names, "_resolver", missing)
    assert names.look_up(NAME) == []
