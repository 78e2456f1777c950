"""Counters are atomic, per caller and address, and cannot be dodged or turned on a victim."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import RequestFactory

from cbdc import clock
from cbdc.api.models import RateCounter
from cbdc.api.rate_limits import (
    caller_key,
    client_address,
    purge_counters,
    rate_limit,
    take_back,
)
from cbdc.errors import ErrorCode, Problem

NOON = datetime(2026, 1, 31, 12, 0, 10, tzinfo=UTC)


def is_limited(key: str, *, limit: int = 3, window_s: int = 60) -> bool:
    try:
        rate_limit("enrol", key, limit, window_s)
    except Problem as problem:
        return problem.error is ErrorCode.RATE_LIMITED
    return False


@pytest.mark.django_db
def test_calls_above_the_limit_are_refused_until_the_window_ends() -> None:
    with clock.injected(lambda: NOON):
        assert [is_limited("a") for _ in range(5)] == [False, False, False, True, True]
        with pytest.raises(Problem) as refused:
            rate_limit("enrol", "a", 3, 60)
        assert refused.value.headers == {"Retry-After": "50"}
    with clock.injected(lambda: NOON + timedelta(seconds=50)):
        assert not is_limited("a")


@pytest.mark.django_db
def test_keys_and_scopes_count_by_themselves() -> None:
    with clock.injected(lambda: NOON):
        assert [is_limited("a", limit=1) for _ in range(2)] == [False, True]
        assert not is_limited("b", limit=1)
        rate_limit("another", "a", 1, 60)


@pytest.mark.django_db
def test_call_that_is_taken_back_makes_room_for_another() -> None:
    with clock.injected(lambda: NOON):
        for _ in range(10):
            assert not is_limited("a", limit=1)
            take_back("enrol", "a", 60)
        take_back("enrol", "a", 60)  # nothing is there to be taken back
        assert [is_limited("a", limit=1) for _ in range(2)] == [False, True]


@pytest.mark.django_db
def test_any_text_can_be_a_key() -> None:
    assert not is_limited("\x00\ud800" * 1000)


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_are_all_counted() -> None:
    def call(_: int) -> bool:
        try:
            return is_limited("a", limit=7, window_s=10**9)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(call, range(20))) == [False] * 7 + [True] * 13


@pytest.mark.django_db
def test_windows_that_are_over_are_purged() -> None:
    with clock.injected(lambda: NOON):
        is_limited("a")
    with clock.injected(lambda: NOON + timedelta(minutes=5)):
        is_limited("a")
        assert purge_counters() == 1
    assert RateCounter.objects.count() == 1


def test_forwarded_headers_do_not_change_the_address() -> None:
    request = RequestFactory().get(
        "/",
        REMOTE_ADDR="192.0.2.7",
        headers={
            "X-Forwarded-For": "203.0.113.1",
            "X-Real-Ip": "203.0.113.2",
            "Forwarded": "for=203.0.113.3",
            "Client-Ip": "203.0.113.4",
        },
    )
    assert client_address(request) == "192.0.2.7"


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("192.0.2.7:51234", "192.0.2.7"),
        ("[2001:db8:1:2::7]:51234", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_an_ipv6_subscriber_counts_as_one(address: str, counted_as: str) -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=address)) == counted_as


def test_a_stranger_elsewhere_has_another_key_than_the_victim() -> None:
    at_home = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")
    stranger = RequestFactory().get("/", REMOTE_ADDR="203.0.113.1")
    assert caller_key(at_home, "+8613800000001") != caller_key(stranger, "+8613800000001")
