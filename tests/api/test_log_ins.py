"""Guessing the staff's passwords is limited, and locks nobody out who is elsewhere."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings

from cbdc.api import log_ins

pytestmark = pytest.mark.django_db
RIGHT = "a right password"
HERE, ELSEWHERE = "203.0.113.1", "192.0.2.7"
LogIn = Callable[..., bool]


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogIn]:
    """Whether a log-in by the page lets in; 3 wrong passwords of a name, 6 of an address."""
    monkeypatch.setattr(log_ins, "WRONG_OF_A_NAME_MAX", 3)
    monkeypatch.setattr(log_ins, "WRONG_OF_AN_ADDRESS_MAX", 6)
    for name in ("maker", "checker"):
        User.objects.create_superuser(name, password=RIGHT)

    def attempt(name: str, password: str, address: str = HERE, **headers: str) -> bool:
        answer = Client(REMOTE_ADDR=address).post(
            "/admin/login/", {"username": name, "password": password}, headers=headers
        )
        assert answer.status_code in {200, 302}
        return answer.status_code == 302

    with override_settings(ROOT_URLCONF="central_bank.urls"):
        yield attempt


def test_right_password_lets_in_however_often(log_in: LogIn) -> None:
    assert all(log_in("maker", RIGHT) for _ in range(10))


def test_after_wrong_passwords_the_right_one_does_not_let_in(log_in: LogIn) -> None:
    assert [log_in("maker", "wrong") for _ in range(3)] == [False] * 3
    assert not log_in("maker", RIGHT)


def test_stranger_elsewhere_locks_nobody_out(log_in: LogIn) -> None:
    for _ in range(9):
        assert not log_in("maker", "wrong", ELSEWHERE)
    assert log_in("maker", RIGHT)
    assert log_in("checker", RIGHT)


def test_one_password_tried_on_many_names_is_limited_too(log_in: LogIn) -> None:
    for number in range(6):
        assert not log_in(f"person-{number}", "password1")
    assert not log_in("checker", RIGHT)
    assert log_in("checker", RIGHT, ELSEWHERE)


def test_forwarded_header_makes_no_new_caller(log_in: LogIn) -> None:
    for number in range(3):
        log_in("maker", "wrong", **{"X-Forwarded-For": f"198.51.100.{number}"})
    assert not log_in("maker", RIGHT, **{"X-Forwarded-For": "198.51.100.99"})


def test_command_on_the_own_machine_is_not_limited() -> None:
    from django.contrib.auth import authenticate

    User.objects.create_user("officer", password=RIGHT)
    for _ in range(30):
        assert authenticate(username="officer", password="wrong") is None
    assert authenticate(username="officer", password=RIGHT) is not None


def test_any_name_can_be_tried(log_in: LogIn) -> None:
    assert not log_in("x" * 5_000, "wrong")
    assert not log_in("\u202e", "wrong")
