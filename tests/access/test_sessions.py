"""Sessions of the staff end: when nobody works, after a shift, and when somebody says so."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from cbdc.access import sessions
from cbdc.access.models import StaffSession
from cbdc.access.roles import StaffRole
from cbdc.audit.models import AuditEntry
from cbdc.clock import injected, now
from tests.access.factor import PASSWORD, logged_in
from tests.access.pages import in_role

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/issuance/token/"
SESSIONS = "/admin/access/staffsession/"
IDLE = timedelta(seconds=settings.STAFF_IDLE_S)
SHIFT = timedelta(seconds=settings.STAFF_SESSION_S)
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def operator() -> User:
    return with_password(in_role(StaffRole.OPERATOR))


@pytest.fixture
def administrator() -> Client:
    return logged_in(with_password(in_role(StaffRole.ADMINISTRATOR)))


def with_password(person: User) -> User:
    person.set_password(PASSWORD)
    person.save()
    return person


def enters(client: Client, later: timedelta = timedelta()) -> bool:
    moment = now() + later
    with injected(lambda: moment):
        answer = client.get(PAGE)
    assert answer.status_code in (200, 302)
    return answer.status_code == 200


def reasons(person: User) -> list[str]:
    return list(
        StaffSession.objects.filter(user=person)
        .order_by("began_at")
        .values_list("ended_by", flat=True)
    )


def test_session_ends_when_nobody_works(operator: User) -> None:
    client = logged_in(operator)
    assert enters(client, IDLE - A_SECOND)
    assert enters(client, 2 * IDLE - 2 * A_SECOND)
    assert not enters(client, 3 * IDLE)
    assert not enters(client), "what is over stays over"
    assert reasons(operator) == ["idle"]


def test_session_ends_with_the_shift_however_much_is_done(operator: User) -> None:
    client = logged_in(operator)
    moment = timedelta()
    while moment < SHIFT:
        assert enters(client, moment), moment
        moment += IDLE / 2
    assert not enters(client, SHIFT)
    assert reasons(operator) == ["shift over"]


def test_log_out_ends_the_session(operator: User) -> None:
    client = logged_in(operator)
    client.post("/admin/logout/")
    assert reasons(operator) == ["logged out"]
    assert not enters(client)


def test_kept_cookie_of_an_ended_session_opens_nothing(operator: User) -> None:
    client, thief = logged_in(operator), Client()
    thief.cookies = client.cookies
    kept = client.cookies["sessionid"].value
    client.post("/admin/logout/")
    thief.cookies["sessionid"] = kept
    assert not enters(thief)


def test_session_of_before_there_were_rows_is_over(operator: User) -> None:
    client = logged_in(operator)
    StaffSession.objects.all().delete()
    assert not enters(client)


def test_administrator_sees_the_sessions_and_ends_one(
    operator: User, administrator: Client
) -> None:
    first = logged_in(operator, REMOTE_ADDR="192.0.2.1", HTTP_USER_AGENT="Firefox")
    second = logged_in(operator, REMOTE_ADDR="192.0.2.2")
    page = administrator.get(SESSIONS).content.decode()
    assert "192.0.2.1" in page
    assert "192.0.2.2" in page
    assert first.cookies["sessionid"].value not in page
    row = StaffSession.objects.get(address="192.0.2.1")
    administrator.post(
        SESSIONS, {"action": "end", "_selected_action": str(row.id), "reason": "left open"}
    )
    assert not enters(first)
    assert enters(second)
    entry = AuditEntry.objects.get(action="end_session")
    assert (entry.subject, entry.detail["reason"]) == (str(row.id), "left open")


def test_administrator_ends_all_sessions_of_a_person(operator: User, administrator: Client) -> None:
    clients = [logged_in(operator) for _ in range(3)]
    path = reverse("admin:auth_user_end_sessions", args=[operator.pk])
    administrator.post(path, {"_form_submitted": "1", "reason": "a stolen laptop"})
    assert not any(enters(client) for client in clients)
    assert reasons(operator) == ["some-administrator"] * 3


def test_new_password_ends_the_other_sessions_and_keeps_this_one(operator: User) -> None:
    here, elsewhere = logged_in(operator), logged_in(operator)
    new = "another battery staple"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/admin/password_change/", form).status_code == 302
    assert enters(here)
    assert not enters(elsewhere)
    assert sorted(reasons(operator)) == ["", "new password"]


def test_administrator_gives_a_new_password_and_the_old_sessions_end(
    operator: User, administrator: Client
) -> None:
    client = logged_in(operator)
    path = reverse("admin:auth_user_new_password", args=[operator.pk])
    form = {"_form_submitted": "1", "reason": "forgot it", "password": "short"}
    assert "too short" in administrator.post(path, form, follow=True).content.decode()
    assert enters(client)
    new = "told in person 7"
    administrator.post(path, {**form, "password": new})
    assert not enters(client)
    assert enters(logged_in(operator, new))
    assert new not in str(AuditEntry.objects.values_list())


def test_who_is_shut_out_has_no_session_left_even_when_let_in_again(
    operator: User, administrator: Client
) -> None:
    client = logged_in(operator)
    for name in ("deactivate", "reactivate"):
        path = reverse(f"admin:auth_user_{name}", args=[operator.pk])
        administrator.post(path, {"_form_submitted": "1", "reason": "leave"})
    assert reasons(operator) == ["shut out"]
    assert not enters(client)


def test_other_roles_end_nobodys_session(operator: User) -> None:
    client = logged_in(operator)
    row = StaffSession.objects.get()
    client.post(SESSIONS, {"action": "end", "_selected_action": str(row.id), "reason": "x"})
    row.refresh_from_db()
    assert row.ended_at is None
    path = reverse("admin:auth_user_end_sessions", args=[operator.pk])
    assert client.post(path, {"_form_submitted": "1", "reason": "x"}).status_code == 403


def test_old_sessions_are_forgotten(operator: User) -> None:
    logged_in(operator)
    assert sessions.purge() == 0
    later = now() + sessions.KEPT + A_SECOND
    with injected(lambda: later):
        assert sessions.purge() == 1
