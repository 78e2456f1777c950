"""The time of a refusal does not tell how much of a guess was right. Under `make soak` only.

Two kinds of wrong guesses, one wrong at its beginning and one at its end, come in random order;
Welch's t of their times says whether they differ, as dudect does it: above 10 they surely do. A
comparison that stops at the first difference is measured too: the test is known to see one.
"""

import gc
import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar
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
G = TypeVar("G")
ROUNDS = 200_000  # of each kind
TRIES = 3  # what a busy machine does to one measurement, it does not do to three
T_DIFFERENT = 10.0
KEPT = 0.9  # the slowest tenth is what else the machine did
DEVICE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def times_ns(call: Callable[[G], object], guesses: Sequence[G]) -> tuple[list[int], list[int]]:
    """How long each of the two guesses takes. Nothing but the guess depends on which it is."""
    kinds = random.Random(20261125).choices((0, 1), k=2 * ROUNDS)
    order, taken, clock = [guesses[kind] for kind in kinds], [0] * len(kinds), time.perf_counter_ns
    gc.disable()
    try:
        for turn, guess in enumerate(order):
            begun = clock()
            call(guess)
            taken[turn] = clock() - begun
    finally:
        gc.enable()
    pairs = list(zip(kinds, taken, strict=True))
    return [ns for kind, ns in pairs if kind == 0], [ns for kind, ns in pairs if kind == 1]


def welch_t(one: list[int], other: list[int]) -> float:
    limit = sorted(one + other)[int(KEPT * (len(one) + len(other)))]
    first, second = ([t for t in taken if t <= limit] for taken in (one, other))
    spread = statistics.variance(first) / len(first) + statistics.variance(second) / len(second)
    return (statistics.fmean(first) - statistics.fmean(second)) / math.sqrt(spread)


def least_t(call: Callable[[G], object], guesses: Sequence[G]) -> float:
    """The smallest of a few |t|: a real difference is in each of them."""
    return min(abs(welch_t(*times_ns(call, guesses))) for _ in range(TRIES))


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

    def call(guess: str) -> None:
        try:
            read_access_token(guess)
        except Problem:
            return
        raise AssertionError("a wrong token was taken")

    assert least_t(call, guesses) < T_DIFFERENT


def test_wrong_digest_takes_as_long_wherever_it_is_wrong() -> None:
    body = b"{}"
    right = content_digest(body)
    guesses = [wrong(right.encode(), at).decode() for at in (9, -3)]  # inside the base64
    assert not any(digest_matches(guess, body) for guess in guesses)
    assert least_t(lambda guess: digest_matches(guess, body), guesses) < T_DIFFERENT


def test_comparison_that_stops_at_the_first_difference_is_seen() -> None:
    right = bytes(range(32))
    guesses = [wrong(right, 0), wrong(right, -1)]

    def leaky(guess: bytes) -> bool:
        return all(a == b for a, b in zip(right, guess, strict=True))

    assert least_t(leaky, guesses) > T_DIFFERENT
