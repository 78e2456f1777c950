"""`Prefer: wait=N`, RFC 7240 section 2, and the wait itself."""

import time

import pytest
from django.test import RequestFactory

from cbdc.api.prefer import poll, preferred_wait_s


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("wait=5", 5),
        ("wait=10", 10),
        ("wait=11", 10),
        ("wait=999999999", 10),
        ("wait=0", 0),
        ('wait="7"', 7),
        ("Wait = 3", 3),
        ("respond-async, wait=4", 4),
        ("wait=4; foo=bar", 4),
        ("wait=2, wait=9", 2),
        ("return=minimal", 0),
        ("wait=-1", 0),
        ("wait=1.5", 0),
        ("wait", 0),
        ("wait=x", 0),
        ('wait="7', 0),
        ("wait=5\u0665", 0),
        ("", 0),
    ],
)
def test_seconds_of_the_header(header: str, wait_s: int) -> None:
    assert preferred_wait_s(RequestFactory().get("/", headers={"Prefer": header})) == wait_s


def test_poll_ends_as_soon_as_it_finds() -> None:
    answers = iter([None, None, "done"])
    started = time.monotonic()
    assert poll(lambda: next(answers), 5) == "done"
    assert time.monotonic() - started < 2


def test_poll_gives_up_at_its_time() -> None:
    started = time.monotonic()
    assert poll(lambda: None, 0.1) is None
    assert 0.1 <= time.monotonic() - started < 2
