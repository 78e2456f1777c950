"""Whom a trusted proxy speaks for is the caller; what anyone else writes is not believed."""

from typing import Any

import pytest
from django.test import override_settings

from cbdc.api.proxies import behind_proxies


def address(remote: str, forwarded: str | None, trusted: list[str]) -> str:
    """The address that the application sees."""

    def application(environ: dict[str, Any], start: Any) -> list[str]:
        return [environ["REMOTE_ADDR"]]

    environ = {"REMOTE_ADDR": remote}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    with override_settings(TRUSTED_PROXIES=trusted):
        [seen] = behind_proxies(application)(environ, None)
    return str(seen)


PROXIES = ["10.0.0.1", "10.2.0.0/16", "2001:db8::/32"]


@pytest.mark.parametrize(
    ("remote", "forwarded", "seen"),
    [
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.2.7.7", "203.0.113.5", "203.0.113.5"),
        ("2001:db8::7", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "198.51.100.9, 203.0.113.5", "203.0.113.5"),  # the caller wrote the first
        ("10.0.0.1", "203.0.113.5, 10.2.0.9", "203.0.113.5"),  # through two proxies
        ("10.0.0.1", "198.51.100.9, 203.0.113.5, 10.2.0.9", "203.0.113.5"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "10.2.0.9", "10.2.0.9"),
        ("192.0.2.7", "203.0.113.5", "192.0.2.7"),  # no proxy of ours
        ("10.3.0.1", "203.0.113.5", "10.3.0.1"),
        ("", "203.0.113.5", ""),
    ],
)
def test_address_is_the_last_that_is_no_proxy(
    remote: str, forwarded: str | None, seen: str
) -> None:
    assert address(remote, forwarded, PROXIES) == seen


def test_without_proxies_the_header_changes_nothing() -> None:
    assert address("127.0.0.1", "203.0.113.5", []) == "127.0.0.1"


def test_web_process_is_behind_its_proxies() -> None:
    from cbdc import wsgi

    assert not hasattr(wsgi.application, "__wrapped__")  # none in the tests' settings
    with override_settings(TRUSTED_PROXIES=PROXIES):
        assert behind_proxies(wsgi.application).__wrapped__ is wsgi.application  # type: ignore[attr-defined]
