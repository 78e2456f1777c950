"""People of the staff: every role takes two, and who is shut out is out."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from cbdc.access.roles import StaffRole
from cbdc.approvals.models import ApprovalRequest
from cbdc.audit.models import AuditEntry
from tests.access.pages import in_role
from tests.central_bank.support import at_once

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = "/admin/auth/user/"
QUEUE = "/admin/approvals/approvalrequest/"
PASSWORD = "correct horse battery"


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def administrator() -> Client:
    return client_of(in_role(StaffRole.ADMINISTRATOR))


@pytest.fixture
def approver() -> Client:
    return client_of(in_role(StaffRole.APPROVER))


@pytest.fixture
def newcomer() -> User:
    return User.objects.create_user("newcomer", password=PASSWORD, is_staff=True)


def act(client: Client, name: str, person: User, **form: str) -> Any:
    path = reverse(f"admin:auth_user_{name}", args=[person.pk])
    return client.post(path, {"_form_submitted": "1", "reason": "joins", **form}, follow=True)


def decide(client: Client, action: str = "approve") -> str:
    request = ApprovalRequest.objects.get()
    answer = client.post(
        QUEUE, {"action": action, "_selected_action": str(request.pk)}, follow=True
    )
    return answer.content.decode()


def roles_of(person: User) -> list[str]:
    return sorted(person.groups.values_list("name", flat=True))


def test_new_person_is_taken_on_and_may_do_nothing_yet(administrator: Client) -> None:
    form = {"username": "wei", "first_name": "Wei", "last_name": "Li", "email": "w@x.example"}
    form |= {"password1": PASSWORD, "password2": PASSWORD}
    administrator.post(f"{PEOPLE}add/", form)
    assert not User.objects.filter(username="wei").exists(), "a reason is missing"
    administrator.post(f"{PEOPLE}add/", {**form, "reason": "new at the desk"})
    wei = User.objects.get(username="wei")
    assert (wei.is_staff, wei.is_superuser, roles_of(wei)) == (True, False, [])
    client = Client()
    assert client.login(username="wei", password=PASSWORD)
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/issuance/token/").status_code == 403
    entry = AuditEntry.objects.get(action="add_user")
    assert (entry.actor, entry.subject) == ("some-administrator", "wei")
    assert entry.detail["reason"] == "new at the desk"
    assert PASSWORD not in str(AuditEntry.objects.values_list())


def test_weak_password_is_refused(administrator: Client) -> None:
    form = {"username": "wei", "password1": "short", "password2": "short"}
    assert "too short" in administrator.post(f"{PEOPLE}add/", form).content.decode()
    assert not User.objects.filter(username="wei").exists()


def test_role_takes_an_administrator_and_an_approver(
    administrator: Client, approver: Client, newcomer: User
) -> None:
    act(administrator, "propose_role", newcomer, role="operator")
    assert roles_of(newcomer) == []
    decide(administrator)
    assert roles_of(newcomer) == []
    decide(approver)
    assert roles_of(newcomer) == ["operator"]
    actors = AuditEntry.objects.filter(subject="newcomer").order_by("sequence")
    assert [(e.actor, e.action) for e in actors] == [
        ("some-administrator", "request_give_role"),
        ("some-administrator", "propose_role"),
        ("some-approver", "approve_give_role"),
    ]


def test_nobody_approves_a_role_of_their_own(administrator: Client) -> None:
    approver = in_role(StaffRole.APPROVER)
    act(administrator, "propose_role", approver, role="operator")
    assert "of their own" in decide(client_of(approver))
    assert roles_of(approver) == ["approver"]


def test_who_is_administrator_and_approver_does_not_approve_the_own_proposal(
    newcomer: User,
) -> None:
    both = in_role(StaffRole.ADMINISTRATOR)
    both.groups.add(in_role(StaffRole.APPROVER).groups.get())
    act(client_of(both), "propose_role", newcomer, role="operator")
    assert "cannot approve" in decide(client_of(both))
    assert roles_of(newcomer) == []


@pytest.mark.parametrize("role", ["operator", "approver", "viewer", "auditor"])
def test_other_roles_give_no_role(role: str, newcomer: User) -> None:
    client = client_of(in_role(StaffRole(role)))
    assert act(client, "propose_role", newcomer, role="operator").status_code == 403
    assert not ApprovalRequest.objects.exists()


def test_role_that_there_is_not_or_that_the_person_has_is_refused(
    administrator: Client,
) -> None:
    approver = in_role(StaffRole.APPROVER)
    act(administrator, "propose_role", approver, role="emperor")
    act(administrator, "propose_role", approver, role="approver")
    assert not ApprovalRequest.objects.exists()


def test_role_is_taken_away_by_one_at_once(administrator: Client) -> None:
    operator = in_role(StaffRole.OPERATOR)
    client = client_of(operator)
    assert client.get("/admin/issuance/token/").status_code == 200
    act(administrator, "take_role", operator, role="operator", reason="moves on")
    assert client.get("/admin/issuance/token/").status_code == 403
    entry = AuditEntry.objects.get(action="take_role")
    assert (entry.subject, entry.detail["reason"]) == ("some-operator", "moves on")


def test_who_is_shut_out_is_out_at_once_and_comes_back_without_roles(
    administrator: Client,
) -> None:
    operator = in_role(StaffRole.OPERATOR)
    client = client_of(operator)
    act(administrator, "deactivate", operator)
    assert client.get("/admin/").status_code == 302
    act(administrator, "reactivate", operator)
    assert client.get("/admin/").status_code == 302
    assert roles_of(operator) == []


def test_nobody_shuts_themselves_out() -> None:
    administrator = in_role(StaffRole.ADMINISTRATOR)
    act(client_of(administrator), "deactivate", administrator)
    administrator.refresh_from_db()
    assert administrator.is_active


def test_two_approvers_at_once_approve_once(administrator: Client, newcomer: User) -> None:
    act(administrator, "propose_role", newcomer, role="operator")
    clients = []
    for number in range(4):
        person = User.objects.create_user(f"approver-{number}", password="x", is_staff=True)
        person.groups.add(Group.objects.get(name=StaffRole.APPROVER))
        clients.append(client_of(person))
    request = ApprovalRequest.objects.get()
    form = {"action": "approve", "_selected_action": str(request.pk)}
    at_once(*[lambda client=client: client.post(QUEUE, form) for client in clients])
    assert roles_of(newcomer) == ["operator"]
    assert AuditEntry.objects.filter(action="approve_give_role").count() == 1
    assert AuditEntry.objects.filter(action="approve_refused").count() == 3


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("".join(f"{line}\n" for line in lines)))


def test_first_people_are_made_at_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, PASSWORD)
    call_command("staff", "first", "--role", "administrator", "--role", "approver")
    first = User.objects.get(username="first")
    assert roles_of(first) == ["administrator", "approver"]
    assert first.check_password(PASSWORD)
    entry = AuditEntry.objects.get(action="give_roles_at_console")
    assert entry.source.startswith("console ")
    assert entry.detail == {"roles": ["administrator", "approver"]}


def test_weak_password_is_refused_at_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "short")
    with pytest.raises(CommandError, match="too short"):
        call_command("staff", "first", "--role", "viewer")
    assert not User.objects.exists()
