"""Which addresses a webhook may go to: none inside the bank, whatever the URL or the DNS says.

One parser and one look-up serve the check and the sending: what was checked is what is dialled
(pinned.py). Refusals do not say what a name resolved to, or whether it did, for that would tell
strangers about the bank's own names.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network

from django.conf import settings

from wallets.webhooks import names

URL_LENGTH_MAX = 2048
HOST_LENGTH_MAX = 253
HTTP_PORT, HTTPS_PORT = 80, 443
PORT_UNPRIVILEGED_MIN = 1024  # below are ports of other protocols: ssh, mail, directories
PORT_MAX = 65535

NOT_A_URL = (
    "Must be an https URL with a host name and a path, in ASCII: no user, password or fragment, "
    "port 443 or from 1024 on."
)
NOT_PUBLIC = "The host must be public: all its addresses, and at least one."

# No percent sign, no user, no fragment, no backslash: nothing that two parsers may read in two
# ways. Host names are letters, digits and hyphens.
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?"
    r"(?P<query>\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?",
    re.ASCII,
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
# `getaddrinfo` and browsers read such a last label as a number of an IPv4 address.
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)

# Not for the public although Python's is_global says so, in one version or another:
# https://www.iana.org/assignments/iana-ipv4-special-registry
_V4_DENIED = tuple(
    IPv4Network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments; a cloud's metadata is there
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.175.48.0/24",  # AS112
        "168.63.129.16/32",  # a cloud's host, seen from its guests
    )
)
# Only what IANA gives out as global unicast can be public; so IPv4-mapped, IPv4-compatible, NAT64,
# unique-local, link-local, site-local, multicast and SRv6 addresses are out without a list.
_V6_GLOBAL = IPv6Network("2000::/3")
# https://www.iana.org/assignments/iana-ipv6-special-registry
_V6_DENIED = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments; Teredo, which holds an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which holds an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


class Refused(Exception):  # noqa: N818 - the guard's refusal, as a field's
    """The URL is not for webhooks; `detail` is for its owner."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in its parts. `host` is a name in lower case, or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str  # with the query


def check(url: str) -> tuple[Target, list[str]]:
    """The parts of a URL that webhooks may go to, and its addresses, each of them checked.

    Looks the host up, for at most `names.LOOK_UP_S` for each of IPv4 and IPv6.

    Raises:
        Refused: form, scheme, port, or an address that is not public.
    """
    target = parse(url)
    if target.scheme == "http":
        return target, _loopback(target.host)
    literal = _literal(target.host)
    addresses = [literal] if literal is not None else names.look_up(target.host)
    if not addresses or not all(is_public(address) for address in addresses):
        raise Refused(NOT_PUBLIC)
    return target, addresses


def parse(url: str) -> Target:
    """Take a URL apart, without a look at its addresses.

    Raises:
        Refused: not of the one form that is taken.
    """
    found = _URL.fullmatch(url) if len(url) <= URL_LENGTH_MAX else None
    if found is None:
        raise Refused(NOT_A_URL)
    scheme, host = found["scheme"], found["host"].lower()
    default = HTTPS_PORT if scheme == "https" else HTTP_PORT
    port = int(found["port"]) if found["port"] else default
    port_allowed = port == default or PORT_UNPRIVILEGED_MIN <= port <= PORT_MAX
    bracketed, host = host.startswith("["), host.strip("[]")
    literal = _literal(host)
    host_allowed = _is_name(host) if literal is None else bracketed == (":" in literal)
    if not (port_allowed and host_allowed) or (scheme == "http" and not settings.DEVNET):
        raise Refused(NOT_A_URL)
    return Target(scheme, host, port, (found["target"] or "/") + (found["query"] or ""))


def is_public(address: str) -> bool:
    """Whether a text is one address that anyone on the Internet may reach."""
    literal = _literal(address)
    if literal is None:
        return False
    if ":" in literal:
        v6 = IPv6Address(literal)
        return v6 in _V6_GLOBAL and not any(v6 in network for network in _V6_DENIED)
    v4 = IPv4Address(literal)
    return (
        v4.is_global
        and not (v4.is_multicast or v4.is_reserved or v4.is_loopback or v4.is_unspecified)
        and not any(v4 in network for network in _V4_DENIED)
    )


def _literal(host: str) -> str | None:
    """The host if it is an address as it is usually written: no octal, no zone, no number."""
    if "%" in host:
        return None
    try:
        return str(IPv6Address(host) if ":" in host else IPv4Address(host))
    except AddressValueError:
        return None


def _is_name(host: str) -> bool:
    labels = host.split(".")
    return (
        len(host) <= HOST_LENGTH_MAX
        and all(_LABEL.fullmatch(label) for label in labels)
        and (len(labels) > 1 or host == "localhost")
        and not _NUMERIC.fullmatch(labels[-1])
    )


def _loopback(host: str) -> list[str]:
    """The addresses of http on a development network: this machine's, under no other name.

    Raises:
        Refused: another host.
    """
    if host == "localhost":
        return ["127.0.0.1", "::1"]
    literal = _literal(host)
    if literal is not None and (literal == "::1" or literal.startswith("127.")):
        return [literal]
    raise Refused(NOT_PUBLIC)
