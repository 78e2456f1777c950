"""The admin of the central bank, as its staff uses it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cbdc.approvals.models import ApprovalRequest
from cbdc.audit.models import AuditEntry
from cbdc.clock import now
from cbdc.messaging.models import Link, OutboxMessage
from cbdc.money import format_yuan
from central_bank.clearing.cycles import open_cycle_id
from central_bank.clearing.models import Position, SettlementCycle
from central_bank.clearing.settlement import settle_cycle
from central_bank.issuance.models import BankAccount
from central_bank.issuance.selectors import supply
from central_bank.supervision.seed import QUOTA
from tests.access.approving import decide
from tests.central_bank.support import Vault, close, guarantee, pay

pytestmark = pytest.mark.usefixtures("central_bank")
REQUESTS = "/admin/approvals/approvalrequest/"
PAGES = [
    "approvals/approvalrequest",
    "supervision/limittable",
    "messaging/peer",
    "issuance/token",
    "issuance/tokentransaction",
    "issuance/bankaccount",
    "issuance/issuerkey",
    "clearing/clearingpayment",
    "clearing/position",
    "clearing/settlementcycle",
    "messaging/link",
    "messaging/outboxmessage",
]


def as_staff(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def act(username: str, action: str, request: ApprovalRequest) -> str:
    answer = as_staff(username).post(
        REQUESTS, {"action": action, "_selected_action": str(request.pk)}, follow=True
    )
    return answer.content.decode()


@pytest.mark.parametrize(
    ("page", "username"),
    [(page, username) for page in PAGES for username in ("viewer", "maker", "auditor")]
    + [("audit/auditentry", "auditor")],
)
def test_staff_sees_every_page(page: str, username: str) -> None:
    Vault("jade").issue(QUOTA + 1)
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    settle_cycle(close())
    client = as_staff(username)
    listing = client.get(f"/admin/{page}/")
    assert listing.status_code == 200


def test_request_of_a_bank_is_decided_in_the_admin() -> None:
    request = ApprovalRequest.objects.get(id=Vault("harbor").issue(QUOTA + 1))
    assert "done" in act("maker", "take_up", request)
    assert "cannot approve" in act("maker", "approve", request)
    assert supply()["issued"] == 0
    assert "done" in act("checker", "approve", request)
    assert supply()["issued"] == QUOTA + 1


def test_queue_shows_what_is_asked_for_in_yuan() -> None:
    Vault("harbor").issue(QUOTA + 1)
    listing = as_staff("checker").get(REQUESTS).content.decode()
    assert f"amount: {format_yuan(QUOTA + 1)}" in listing
    assert str(QUOTA + 1) not in listing


def test_auditor_decides_nothing() -> None:
    request = ApprovalRequest.objects.get(id=Vault("harbor").issue(QUOTA + 1))
    for action in ("take_up", "approve", "refuse"):
        act("auditor", action, request)
    request.refresh_from_db()
    assert request.state == "asked"


def test_person_proposes_a_quota_in_the_admin() -> None:
    client = as_staff("maker")
    assert client.get(f"{REQUESTS}add/").status_code == 200
    client.post(
        f"{REQUESTS}add/", {"kind": "set_quota", "subject": "harbor", "payload": '{"quota": 5}'}
    )
    request = ApprovalRequest.objects.get()
    assert (request.state, request.asked_by) == ("proposed", "maker")
    act("checker", "approve", request)
    assert BankAccount.objects.get(bank="harbor").quota == 5


def test_proposal_of_a_wrong_shape_is_refused_with_its_reason() -> None:
    answer = as_staff("maker").post(
        f"{REQUESTS}add/",
        {"kind": "set_quota", "subject": "harbor", "payload": '{"quota": "5"}'},
    )
    assert "not the payload" in answer.content.decode()
    assert not ApprovalRequest.objects.exists()


def test_cycle_is_settled_by_hand() -> None:
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    cycle_id = open_cycle_id()
    as_staff("checker").post(
        "/admin/clearing/settlementcycle/",
        {"action": "close_and_settle", "_selected_action": str(cycle_id), "reason": "drill"},
    )
    assert SettlementCycle.objects.get(id=cycle_id).state == "settled"


def test_threshold_of_gross_settlement_is_typed_in_yuan_and_takes_two() -> None:
    path = "/admin/clearing/position/harbor/propose_threshold/"
    maker = as_staff("maker")

    def propose(client: Client, amount: str) -> str:
        form = {"_form_submitted": "1", "gross_from": amount, "reason": "many large ones"}
        return client.post(path, form, follow=True).content.decode()

    propose(maker, "5,000.00")
    assert Position.objects.get(bank="harbor").gross_from is None, "it takes two"
    decide(as_staff("maker"))
    assert Position.objects.get(bank="harbor").gross_from is None
    decide(as_staff("checker"))
    assert Position.objects.get(bank="harbor").gross_from == 5_000_00
    assert "5,000.00" in maker.get("/admin/clearing/position/harbor/change/").content.decode()
    assert "in yuan" in propose(maker, "much")
    assert as_staff("auditor").post(path, {"gross_from": "1.00"}).status_code == 403
    assert maker.post("/admin/clearing/position/harbor/change/", {}).status_code == 403
    assert not ApprovalRequest.objects.filter(state="proposed").exists()
    propose(maker, "")
    decide(as_staff("checker"))
    assert Position.objects.get(bank="harbor").gross_from is None
    assert AuditEntry.objects.filter(action="set_gross_from", actor="checker").count() == 2


def test_parked_message_is_sent_again_by_who_may() -> None:
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    message = OutboxMessage.objects.filter(to="harbor").order_by("-id")[0]
    OutboxMessage.objects.filter(id=message.id).update(parked_at=now(), attempts=20)
    asked = {"action": "send_again", "_selected_action": str(message.id), "reason": "fixed"}
    as_staff("auditor").post("/admin/messaging/outboxmessage/", asked)
    assert OutboxMessage.objects.get(id=message.id).parked_at is not None
    answer = as_staff("maker").post("/admin/messaging/outboxmessage/", asked, follow=True)
    assert "1 messages are on their way again" in answer.content.decode()
    message.refresh_from_db()
    assert (message.parked_at, message.attempts) == (None, 0)


def test_resting_lane_is_tried_now() -> None:
    link = Link.objects.create(peer="harbor", lane=0, failures=3, retry_at=now())
    as_staff("maker").post(
        "/admin/messaging/link/",
        {"action": "try_now", "_selected_action": str(link.id), "reason": "fixed"},
    )
    assert Link.objects.get(id=link.id).retry_at is None
