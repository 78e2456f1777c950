"""Log-ins of the staff in the audit log: who came in, who did not, and who left."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from cbdc.access import second_factor
from cbdc.access.roles import StaffRole
from cbdc.audit.models import AuditEntry
from cbdc.clock import injected, now
from tests.access.factor import FACTOR, PASSWORD, code_of, enrolled, gives, logged_in
from tests.access.pages import in_role

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN = "/admin/login/?next=/admin/"
FROM = "192.0.2.66"


@pytest.fixture
def operator() -> User:
    person = in_role(StaffRole.OPERATOR)
    person.set_password(PASSWORD)
    person.save()
    return person


def told(*leave_out: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Who did what, in order."""
    rows = AuditEntry.objects.exclude(action__in=leave_out).order_by("sequence")
    assert all(entry.actor == entry.subject for entry in rows)
    return [(entry.actor, entry.action, entry.detail) for entry in rows]


def test_log_in_and_log_out_are_logged_with_the_address(operator: User) -> None:
    client = logged_in(operator, REMOTE_ADDR=FROM)
    client.post("/admin/logout/")
    assert told() == [
        (operator.username, "log_in_by_password", {}),
        (operator.username, "log_out", {"why": "logged out"}),
    ]
    assert {entry.source for entry in AuditEntry.objects.all()} == {f"address {FROM}"}


def test_session_that_is_over_is_logged_once(operator: User) -> None:
    client = logged_in(operator)
    moment = now() + timedelta(seconds=settings.STAFF_IDLE_S + 1)
    with injected(lambda: moment):
        for _ in range(3):
            client.get("/admin/")
    assert told("log_in_by_password") == [(operator.username, "log_out", {"why": "idle"})]


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("some-operator", "some-operator"),
        ("hunter2 is my password", "unknown user"),
        ("SOME-OPERATOR", "unknown user"),
        ("x" * 5_000, "unknown user"),
        ("nul\0", None),  # the form refuses it
        ("", None),
    ],
)
def test_failed_log_in_names_known_people_alone(
    operator: User, typed: str, named: str | None
) -> None:
    Client(REMOTE_ADDR=FROM).post(LOGIN, {"username": typed, "password": "wrong horse"})
    assert told() == ([(named, "log_in_failed", {})] if named else [])
    kept = str(list(AuditEntry.objects.values_list()))
    assert "wrong horse" not in kept
    assert "hunter2" not in kept


def test_who_was_shut_out_fails_to_log_in(operator: User) -> None:
    User.objects.filter(pk=operator.pk).update(is_active=False)
    Client().post(LOGIN, {"username": operator.username, "password": PASSWORD})
    assert told() == [(operator.username, "log_in_failed", {})]


def test_recovery_code_is_logged_when_it_is_used(operator: User) -> None:
    _, _, codes = enrolled(operator)
    gives(logged_in(operator), codes[0])
    gives(logged_in(operator), codes[0])
    of_factor = ("second_factor_wrong", "use_recovery_code")
    assert [row for row in told() if row[1] in of_factor] == [
        (operator.username, "use_recovery_code", {"left": second_factor.RECOVERY_CODES - 1}),
        (operator.username, "second_factor_wrong", {}),
    ]
    kept = str(list(AuditEntry.objects.values_list()))
    assert codes[0] not in kept


def test_wrong_code_is_logged_wherever_it_is_typed(
    operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = logged_in(operator)
    client.get(f"{FACTOR}enrol/")
    client.post(f"{FACTOR}enrol/", {"code": "000000"})
    _, device, _ = enrolled(operator)
    assert not second_factor.prove(operator, "000000")
    monkeypatch.setattr(second_factor, "WRONG_FROM_AN_ADDRESS_MAX", 0)
    gives(logged_in(operator), code_of(device.key, 1))
    assert [detail for _, action, detail in told() if action == "second_factor_wrong"] == [
        {"at": "enrolment"},
        {"at": "console"},
        {"at": "limit"},
    ]
