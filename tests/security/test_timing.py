"""The time that a refusal takes does not tell how much of a guess was right. Under `make soak` only.

Two kinds of wrong guesses, one wrong at its beginning and one at its end, take turns; Welch's t
of their times says whether they differ, as dudect does it: above 10 they surely do. A comparison
that stops at the first difference is measured too, so that the test is known to see one.
"""

import gc
import math
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from cbdc.api.tokens import make_access_token, read_access_token
from cbdc.clock import now
from cbdc.crypto.content_digest import content_digest, digest_matches
from cbdc.crypto.encoding import b64url, b64url_decode
from cbdc.errors import Problem
from tests.scale import SOAKING

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not SOAKING, reason="a measurement, which a busy machine disturbs"),
]
ROUNDS = 200_000
TRIES = 3  # what a busy machine does to one measurement, it does not do to three
T_DIFFERENT = 10.0
KEPT = 0.9  # the slowest tenth is what else the machine did
DEVICE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def times_ns(call: Callable[[int], object]) -> tuple[list[int], list[int]]:
    """How long guesses of kind 0 and of kind 1 take, in turns that no rhythm favours."""
    taken: tuple[list[int], list[int]] = ([], [])
    clock = time.perf_counter_ns
    gc.disable()
    try:
        for turn in range(2 * ROUNDS):
            kind = (turn ^ turn >> 1) & 1  # 0 1 1 0 0 1 1 0 …
            begun = clock()
            call(kind)
            taken[kind].append(clock() - begun)
    finally:
        gc.enable()
    return taken


def welch_t(one: list[int], other: list[int]) -> float:
    limit = sorted(one + other)[int(KEPT * (len(one) + len(other)))]
    first, second = ([t for t in taken if t <= limit] for taken in (one, other))
    spread = statistics.variance(first) / len(first) + statistics.variance(second) / len(second)
    return (statistics.fmean(first) - statistics.fmean(second)) / math.sqrt(spread)


def least_t(call: Callable[[int], object]) -> float:
    """The smallest of a few |t|: a real difference is in each of them."""
    return min(abs(welch_t(*times_ns(call))) for _ in range(TRIES))


def wrong(right: bytes, at: int) -> bytes:
    spoilt = bytearray(right)
    spoilt[at] ^= 1
    return bytes(spoilt)


def test_wrong_access_token_takes_as_long_wherever_it_is_wrong() -> None:
    token, _ = make_access_token(
        device_id=DEVICE, holder_id="0011000000000017", expires_at=now() + timedelta(days=1)
    )
    body, _, mac = token.rpartition(".")
    raw = b64url_decode(mac)
    guesses = [f"{body}.{b64url(wrong(raw, at))}" for at in (0, -1)]

    def call(kind: int) -> None:
        try:
            read_access_token(guesses[kind])
        except Problem:
            return
        raise AssertionError("a wrong token was taken")

    assert least_t(call) < T_DIFFERENT


def test_wrong_digest_takes_as_long_wherever_it_is_wrong() -> None:
    body = b"{}"
    right = content_digest(body)
    guesses = [wrong(right.encode(), at).decode() for at in (9, -3)]  # inside the base64
    assert not any(digest_matches(guess, body) for guess in guesses)
    assert least_t(lambda kind: digest_matches(guesses[kind], body)) < T_DIFFERENT


def test_comparison_that_stops_at_the_first_difference_is_seen() -> None:
    right = bytes(range(32))
    guesses = [wrong(right, 0), wrong(right, -1)]

    def leaky(kind: int) -> bool:
        return all(a == b for a, b in zip(right, guesses[kind], strict=True))

    assert least_t(leaky) > T_DIFFERENT
