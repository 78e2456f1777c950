"""Rate limits: atomic counters of fixed windows in PostgreSQL, by caller and address."""

import hashlib
import ipaddress
import re
from datetime import UTC, datetime

from django.db import connection
from django.http import HttpRequest
from rest_framework.request import Request

from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem

IPV6_SUBSCRIBER_BITS = 64
PURGE_BATCH = 10_000

_WITH_PORT = re.compile(r"(?:([0-9.]+)|\[([0-9a-fA-F:.%a-z]+)\]):[0-9]{1,5}", re.ASCII)


def rate_limit(scope: str, key: str, limit: int, window_s: int) -> None:
    """Count one call and refuse it when `key` has made more than `limit` in this window.

    Call it before the transaction of the effect: a rollback takes the count back, which is right
    only where what did not happen shall not count. `key` must contain what the caller proves or
    comes from (`caller_key`): with only a name that anyone may write, such as a phone number, a
    stranger could lock its owner out.

    Raises:
        Problem: rate_limited, with Retry-After in seconds.
    """
    now_s = int(now().timestamp())
    starts_s = now_s - now_s % window_s
    ends_s = starts_s + window_s
    digest = _digest(key)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO api_ratecounter AS counter (scope, key, starts_s, count, expires_at)"
            " VALUES (%s, %s, %s, 1, %s) ON CONFLICT (scope, key, starts_s)"
            " DO UPDATE SET count = counter.count + 1 RETURNING count",
            [scope, digest, starts_s, datetime.fromtimestamp(ends_s, UTC)],
        )
        (count,) = cursor.fetchone()
    if count > limit:
        raise Problem(ErrorCode.RATE_LIMITED, headers={"Retry-After": str(ends_s - now_s)})


def take_back(scope: str, key: str, window_s: int) -> None:
    """Uncount one call: it was not of the kind that is limited, such as a wrong password."""
    now_s = int(now().timestamp())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE api_ratecounter SET count = count - 1"
            " WHERE scope = %s AND key = %s AND starts_s = %s AND count > 0",
            [scope, _digest(key), now_s - now_s % window_s],
        )


def client_address(request: HttpRequest | Request) -> str:
    """The address of the connection, or whom a trusted proxy speaks for (cbdc.api.proxies).

    X-Forwarded-For and its like are claims, not proof. An IPv6 subscriber owns a /64 and counts
    as one; some proxies add a port, which would make each connection another caller.
    """
    text = str(request.META.get("REMOTE_ADDR", ""))
    if match := _WITH_PORT.fullmatch(text):
        text = match[1] or match[2]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_SUBSCRIBER_BITS), strict=False))


def caller_key(request: HttpRequest | Request, caller: str = "") -> str:
    """The key to count by: who the caller says or proves to be, and from where."""
    return f"{caller}@{client_address(request)}"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()


def purge_counters() -> int:
    """Delete counters of windows that are over, at most a batch; how many went."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM api_ratecounter WHERE ctid = ANY(ARRAY("
            "SELECT ctid FROM api_ratecounter WHERE expires_at < %s"
            " ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED))",
            [now(), PURGE_BATCH],
        )
        return int(cursor.rowcount)
