"""What two different people must want."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from cbdc import clock
from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.audit.models import AuditEntry
from cbdc.errors import ErrorCode, Problem
from cbdc.messaging.models import Peer
from cbdc.protocol.messages import TokenAdvice, TokenRefusal
from central_bank.auditor import audit_central_bank
from central_bank.issuance.models import BankAccount
from central_bank.issuance.requests import request_quota
from central_bank.issuance.selectors import supply
from central_bank.supervision.requests import request_admission, request_suspension
from central_bank.supervision.seed import QUOTA, RESERVES
from tests.central_bank.support import Vault, last, sent
from tests.support import public_key

pytestmark = pytest.mark.usefixtures("central_bank")


@pytest.fixture
def maker() -> User:
    return User.objects.get(username="maker")


@pytest.fixture
def checker() -> User:
    return User.objects.get(username="checker")


def state(request: ApprovalRequest) -> str:
    request.refresh_from_db()
    return str(request.state)


def refusal_of(action: str) -> AuditEntry:
    return AuditEntry.objects.get(action=f"{action}_refused")


def test_issue_above_quota_is_taken_up_approved_and_advised(maker: User, checker: User) -> None:
    request_id = Vault("harbor").issue(QUOTA + 1)

    four_eyes.take_up(request_id=request_id, maker=maker)
    four_eyes.approve(request_id=request_id, checker=checker)

    assert supply()["issued"] == QUOTA + 1
    assert BankAccount.objects.get(bank="harbor").quota_used == 0
    advice = last("harbor", TokenAdvice)
    assert (advice.request_id, advice.operation) == (request_id, "issue")
    actors = AuditEntry.objects.filter(detail__request_id=str(request_id)).order_by("sequence")
    assert [(e.actor, e.action) for e in actors] == [
        ("harbor", "ask_issue"),
        ("maker", "take_up_issue"),
        ("checker", "approve_issue"),
    ]
    assert audit_central_bank() == []


def test_refused_issue_is_told_to_the_bank(maker: User) -> None:
    request_id = Vault("harbor").issue(QUOTA + 1)
    four_eyes.refuse(request_id=request_id, by=maker)
    assert last("harbor", TokenRefusal).request_id == request_id
    assert supply()["issued"] == 0


def test_issue_that_nobody_takes_up_expires_and_is_told_to_the_bank() -> None:
    request_id = Vault("harbor").issue(QUOTA + 1)
    later = clock.now() + timedelta(days=8)
    with clock.injected(lambda: later):
        assert four_eyes.expire_requests() == 1
        assert four_eyes.expire_requests() == 0
    assert last("harbor", TokenRefusal).request_id == request_id


def test_maker_cannot_approve(maker: User) -> None:
    request = request_quota(bank="harbor", quota=1, maker=maker)
    with pytest.raises(Problem) as refused:
        four_eyes.approve(request_id=request.id, checker=maker)
    assert refused.value.error is ErrorCode.PERMISSION_DENIED
    assert state(request) == "proposed"
    assert refusal_of("approve").actor == "maker"
    assert BankAccount.objects.get(bank="harbor").quota == QUOTA


@pytest.mark.parametrize("decide", ["approve", "refuse"])
def test_who_has_no_right_to_decide_is_refused_by_the_service_itself(
    maker: User, decide: str
) -> None:
    request = request_quota(bank="harbor", quota=1, maker=maker)
    auditor = User.objects.get(username="auditor")
    by = {"checker" if decide == "approve" else "by": auditor}
    with pytest.raises(Problem) as refused:
        getattr(four_eyes, decide)(request_id=request.id, **by)
    assert refused.value.error is ErrorCode.PERMISSION_DENIED
    assert state(request) == "proposed"
    assert refusal_of(decide).actor == "auditor"


def test_who_has_no_right_to_propose_is_refused_by_the_service_itself() -> None:
    auditor = User.objects.get(username="auditor")
    with pytest.raises(Problem) as refused:
        request_quota(bank="harbor", quota=1, maker=auditor)
    assert refused.value.error is ErrorCode.PERMISSION_DENIED
    assert not ApprovalRequest.objects.exists()


def test_request_without_a_maker_is_not_approved(checker: User) -> None:
    request_id = Vault("harbor").issue(QUOTA + 1)
    with pytest.raises(Problem):
        four_eyes.approve(request_id=request_id, checker=checker)
    assert supply()["issued"] == 0


def test_request_is_approved_once(maker: User, checker: User) -> None:
    request = request_quota(bank="harbor", quota=1, maker=maker)
    four_eyes.approve(request_id=request.id, checker=checker)
    with pytest.raises(Problem):
        four_eyes.approve(request_id=request.id, checker=checker)
    assert refusal_of("approve").detail["detail"] == "The request is approved."
    assert BankAccount.objects.get(bank="harbor").quota == 1


def test_changed_payload_is_not_approved(maker: User, checker: User) -> None:
    request = request_quota(bank="harbor", quota=1, maker=maker)
    ApprovalRequest.objects.filter(id=request.id).update(payload={"quota": 10**12})
    with pytest.raises(Problem):
        four_eyes.approve(request_id=request.id, checker=checker)
    assert state(request) == "proposed"
    assert "payload" in refusal_of("approve").detail["detail"]


def test_expired_request_is_not_approved(maker: User, checker: User) -> None:
    request = request_quota(bank="harbor", quota=1, maker=maker)
    later = request.expires_at
    with clock.injected(lambda: later), pytest.raises(Problem):
        four_eyes.approve(request_id=request.id, checker=checker)
    assert refusal_of("approve").detail["detail"] == "The request has expired."


def test_database_refuses_one_person_as_two(maker: User) -> None:
    request = request_quota(bank="harbor", quota=1, maker=maker)
    with pytest.raises(IntegrityError, match="four_eyes_are_two_people"):
        ApprovalRequest.objects.filter(id=request.id).update(checker=maker)


def test_database_refuses_an_approval_by_one(maker: User) -> None:
    request = request_quota(bank="harbor", quota=1, maker=maker)
    with pytest.raises(IntegrityError, match="four_eyes_approved_by_both"):
        ApprovalRequest.objects.filter(id=request.id).update(state="approved")


def test_approval_that_cannot_be_carried_out_changes_nothing(maker: User, checker: User) -> None:
    first = Vault("harbor").issue(RESERVES - 1)
    second = Vault("harbor").issue(RESERVES - 1)
    for request_id in (first, second):
        four_eyes.take_up(request_id=request_id, maker=maker)
    four_eyes.approve(request_id=first, checker=checker)

    with pytest.raises(Problem) as refused:
        four_eyes.approve(request_id=second, checker=checker)

    assert refused.value.error is ErrorCode.INSUFFICIENT_FUNDS
    assert ApprovalRequest.objects.get(id=second).state == "proposed"
    assert len(sent("harbor", TokenAdvice)) == 1
    assert audit_central_bank() == []


def test_bank_is_suspended_by_two(maker: User, checker: User) -> None:
    request = request_suspension(code="lotus", reason="examination", maker=maker)
    assert Peer.objects.get(code="lotus").status == "active"
    four_eyes.approve(request_id=request.id, checker=checker)
    assert Peer.objects.get(code="lotus").status == "suspended"
    assert AuditEntry.objects.get(action="suspend_bank").actor == "checker"


def test_bank_is_admitted_by_two(maker: User, checker: User) -> None:
    request = request_admission(
        code="river",
        maker=maker,
        number="0014",
        name="River Bank",
        base_url="http://river.test",
        public_key=public_key("river"),
    )
    four_eyes.approve(request_id=request.id, checker=checker)
    Vault("river").issue(1)
    assert ApprovalRequest.objects.filter(subject="river", kind="issue").count() == 0
    assert last("river", TokenRefusal).code == "insufficient_funds"


@pytest.mark.parametrize("payload", [{}, {"quota": "1"}, {"quota": True}, {"quota": 1, "x": 1}])
def test_payload_of_another_shape_is_refused(maker: User, payload: dict[str, object]) -> None:
    with pytest.raises(Problem) as refused:
        four_eyes.propose(kind="set_quota", subject="harbor", payload=payload, maker=maker)
    assert refused.value.error is ErrorCode.VALIDATION_FAILED
