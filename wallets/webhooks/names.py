"""The addresses of a host name, within a time.

`getaddrinfo` has no time-out: names whose servers never answer would hold up web threads and
workers for as long as the system likes. It would also ask the machine's own files.
"""

from collections.abc import Callable
from functools import lru_cache

import dns.exception
import dns.resolver

LOOK_UP_S = 2.0  # for each kind of address
CACHE_NAMES_MAX = 1024

LookUp = Callable[[str], list[str]]


@lru_cache(maxsize=1)
def _resolver() -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver()
    resolver.cache = dns.resolver.LRUCache(CACHE_NAMES_MAX)  # for as long as the answers say
    return resolver


def _ask(name: str) -> list[str]:
    addresses: list[str] = []
    for kind in ("A", "AAAA"):
        try:
            answer = _resolver().resolve(
                name, kind, lifetime=LOOK_UP_S, search=False, raise_on_no_answer=False
            )
        except dns.exception.DNSException:
            continue  # what is not known is not dialled
        addresses += [str(record) for record in answer]
    return addresses


_look_up: LookUp = _ask


def set_look_up(look_up: LookUp | None) -> None:
    """Look names up with `look_up(name)` instead of DNS; None restores DNS."""
    global _look_up
    _look_up = look_up or _ask


def look_up(name: str) -> list[str]:
    """Every IPv4 and IPv6 address of a name; none when there are none, or no answer in time."""
    return _look_up(name)
