"""The second factor: required, enrolled once, good once, and no way to lock somebody out."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from cbdc.access import second_factor
from cbdc.access.models import RecoveryCode
from cbdc.access.roles import StaffRole
from cbdc.approvals.models import ApprovalRequest
from cbdc.audit.models import AuditEntry
from cbdc.clock import injected, now
from cbdc.console.policy import PATH as ADMIN
from tests.access.approving import decide
from tests.access.factor import ENROL, FACTOR, PASSWORD, code_of, enrolled, gives, logged_in
from tests.access.pages import in_role
from tests.central_bank.support import at_once

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/issuance/token/"
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.66"}


@pytest.fixture(autouse=True)
def _required() -> Iterator[None]:
    with override_settings(SECOND_FACTOR_REQUIRED=True):
        yield


@pytest.fixture
def operator() -> User:
    person = in_role(StaffRole.OPERATOR)
    person.set_password(PASSWORD)
    person.save()
    return person


def enters(client: Client) -> bool:
    answer = client.get(PAGE)
    assert answer.status_code in (200, 302)
    return answer.status_code == 200


def test_door_stands_where_the_admin_is() -> None:
    assert reverse("admin:index") == ADMIN
    assert all(reverse(name).startswith(ADMIN) for name in ("second-factor", "console-look-up"))


def test_password_alone_opens_no_page(operator: User) -> None:
    client = logged_in(operator)
    for path in ("/admin/", PAGE, "/admin/password_change/", "/admin/search/"):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith(FACTOR), path
    assert client.post(PAGE).status_code == 302
    part = client.get(PAGE, headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == FACTOR


def test_first_log_in_sets_the_factor_up_by_qr_code(operator: User) -> None:
    client = logged_in(operator)
    assert client.get(FACTOR)["Location"] == ENROL
    page = client.get(ENROL)
    assert "<svg" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    wrong = client.post(ENROL, {"code": "000000"})
    assert "not the code" in wrong.content.decode()
    assert not enters(client)
    answer = client.post(ENROL, {"code": code_of(client.session["second_factor_to_enrol"])})
    codes = answer.context["codes"]
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert enters(client)
    assert "second_factor_to_enrol" not in client.session
    kept = str(RecoveryCode.objects.values_list())
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    logged = [entry.action for entry in AuditEntry.objects.order_by("sequence")]
    assert logged == [
        *["log_in_by_password", "second_factor_wrong"],
        *["enrol_second_factor", "log_in"],
    ]


def test_next_log_in_asks_for_a_code_and_goes_where_the_person_wanted(operator: User) -> None:
    _, device, _ = enrolled(operator)
    client = logged_in(operator)
    sent = client.get(PAGE)["Location"]
    assert client.get(sent).status_code == 200
    answer = client.post(sent, {"code": code_of(device.key, 1)})
    assert answer["Location"] == PAGE
    assert enters(client)


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_factor_leads_to_no_other_site(operator: User, where: str) -> None:
    _, device, _ = enrolled(operator)
    client = logged_in(operator)
    answer = client.post(f"{FACTOR}?next={where}", {"code": code_of(device.key, 1)})
    assert answer["Location"] == "/admin/"


@pytest.mark.parametrize("code", ["", "123", "abcdef", "٠١٢٣٤٥", "1" * 41, "-1-1-1"])
def test_what_is_no_code_is_refused(operator: User, code: str) -> None:
    enrolled(operator)
    client = logged_in(operator)
    assert gives(client, code).status_code == 200
    assert not enters(client)


def test_code_is_good_once(operator: User) -> None:
    _, device, _ = enrolled(operator)
    code = code_of(device.key, 1)
    first, second = logged_in(operator), logged_in(operator)
    gives(first, code)
    assert enters(first)
    assert "used before" in gives(second, code).content.decode()
    assert not enters(second)


def test_code_of_the_enrolment_does_not_log_in(operator: User) -> None:
    client = logged_in(operator)
    client.get(ENROL)
    code = code_of(client.session["second_factor_to_enrol"])
    client.post(ENROL, {"code": code})
    again = logged_in(operator)
    gives(again, code)
    assert not enters(again)


def test_one_code_in_many_browsers_at_once_opens_one(operator: User) -> None:
    _, device, _ = enrolled(operator)
    code = code_of(device.key, 1)
    clients = [logged_in(operator) for _ in range(6)]
    at_once(*[lambda client=client: gives(client, code) for client in clients])
    assert sum(enters(client) for client in clients) == 1


def test_recovery_code_is_good_once_and_is_told(operator: User) -> None:
    _, _, codes = enrolled(operator)
    clients = [logged_in(operator) for _ in range(4)]
    at_once(*[lambda client=client: gives(client, codes[0].lower()) for client in clients])
    assert sum(enters(client) for client in clients) == 1
    told = AuditEntry.objects.filter(action="log_in").order_by("-sequence")[0]
    assert told.detail == {"second_factor": "recovery code", "recovery_codes_left": 9}


def test_recovery_code_of_another_person_is_refused(operator: User) -> None:
    other = in_role(StaffRole.AUDITOR)
    other.set_password(PASSWORD)
    other.save()
    _, _, codes = enrolled(other)
    enrolled(operator)
    client = logged_in(operator)
    gives(client, codes[0])
    assert not enters(client)


def test_new_recovery_codes_replace_the_old_ones(operator: User) -> None:
    client, _, old = enrolled(operator)
    new = client.post(f"{FACTOR}recovery-codes/").context["codes"]
    other = logged_in(operator)
    gives(other, old[0])
    assert not enters(other)
    assert other.post(f"{FACTOR}recovery-codes/").status_code == 302
    gives(other, new[0])
    assert enters(other)


def test_password_alone_sets_up_no_other_factor(operator: User) -> None:
    _, device, _ = enrolled(operator)
    thief = logged_in(operator)
    assert thief.get(ENROL)["Location"] == FACTOR
    thief.post(ENROL, {"code": "123456"})
    assert TOTPDevice.objects.get(user=operator).key == device.key
    assert not enters(thief)


def test_two_enrolments_at_once_leave_one_authenticator(operator: User) -> None:
    clients = [logged_in(operator) for _ in range(4)]
    for client in clients:
        client.get(ENROL)
    codes = [code_of(client.session["second_factor_to_enrol"]) for client in clients]
    at_once(
        *[
            lambda client=client, code=code: client.post(ENROL, {"code": code})
            for client, code in zip(clients, codes, strict=True)
        ]
    )
    assert TOTPDevice.objects.filter(user=operator).count() == 1
    assert sum(enters(client) for client in clients) == 1


def test_wrong_codes_are_counted_and_the_person_still_comes_in_elsewhere(operator: User) -> None:
    _, device, _ = enrolled(operator)  # from 127.0.0.1
    thief = logged_in(operator, **ELSEWHERE)
    for _ in range(second_factor.WRONG_FROM_AN_ADDRESS_MAX):
        gives(thief, "000000")
    assert "Too many" in gives(thief, code_of(device.key, 1)).content.decode()
    person = logged_in(operator)
    gives(person, code_of(device.key, 1))
    assert enters(person)
    later = now() + timedelta(hours=1)
    with injected(lambda: later):
        again = logged_in(operator, **ELSEWHERE)
        gives(again, second_factor.new_recovery_codes(operator)[0])
        assert enters(again)


def test_thief_at_many_addresses_is_stopped_and_the_person_at_the_own_desk_is_not(
    operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_factor, "WRONG_OF_A_PERSON_MAX", 6)
    _, device, _ = enrolled(operator)
    for number in range(7):
        gives(logged_in(operator, REMOTE_ADDR=f"192.0.2.{number}"), "000000")
    thief = logged_in(operator, REMOTE_ADDR="192.0.2.99")
    assert "Too many" in gives(thief, code_of(device.key, 1)).content.decode()
    person = logged_in(operator)
    gives(person, code_of(device.key, 1))
    assert enters(person)


def test_factor_of_another_is_reset_by_two_with_a_reason(operator: User) -> None:
    client, device, _ = enrolled(operator)
    boss = in_role(StaffRole.ADMINISTRATOR)
    boss.set_password(PASSWORD)
    boss.save()
    administrator, _, _ = enrolled(boss)

    def reset(person: User) -> None:
        path = reverse("admin:auth_user_propose_resetting", args=[person.pk])
        administrator.post(path, {"_form_submitted": "1", "reason": "lost telephone"})

    reset(operator)
    assert enters(client), "it takes two"
    approver = in_role(StaffRole.APPROVER)
    approver.set_password(PASSWORD)
    approver.save()
    checker, _, _ = enrolled(approver)
    decide(checker)
    assert not enters(client), "the sessions are ended"
    assert not RecoveryCode.objects.filter(user=operator).exists()
    _, new, _ = enrolled(operator)
    assert new.key != device.key
    entries = AuditEntry.objects.filter(action__endswith="_reset_second_factor")
    assert [(one.actor, one.subject, one.detail["reason"]) for one in entries] == [
        (approver.username, operator.username, "lost telephone"),
        (boss.username, operator.username, "lost telephone"),
    ]
    reset(boss)
    assert not ApprovalRequest.objects.filter(state="proposed").exists(), "nobody's own"
    reset(approver)
    assert "a factor of their own" in decide(checker)
    assert TOTPDevice.objects.filter(user=approver).exists()


def test_wrong_code_is_logged_and_holds_no_code(operator: User) -> None:
    enrolled(operator)
    gives(logged_in(operator, **ELSEWHERE), "424242")
    entry = AuditEntry.objects.get(action="second_factor_wrong")
    assert (entry.actor, entry.source, entry.detail) == (
        operator.username,
        "address 192.0.2.66",
        {},
    )


def test_who_is_not_staff_has_no_factor_page() -> None:
    stranger = User.objects.create_user("stranger", password=PASSWORD)
    client = Client()
    client.force_login(stranger)
    for path in (FACTOR, ENROL):
        assert client.get(path)["Location"].startswith("/admin/login/")
        assert Client().get(path)["Location"].startswith("/admin/login/")


def test_devices_of_others_have_no_page(operator: User) -> None:
    client, _, _ = enrolled(operator)
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404
