"""One audit log at every institution: it only grows, is chained, and names the person (INV-11)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from cbdc.audit import services as audit
from cbdc.audit.chain import check_chain
from cbdc.audit.models import AuditEntry
from central_bank.auditor import audit_central_bank
from commercial_banks.clearing.audit import audit_bank
from tests.access.approving import approve
from tests.commercial_banks.test_admin import as_staff
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from tests.wallets.test_counter import act, open_firm, teller

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
WRITERS = 8
CHECK = "/admin/audit/auditentry/check_the_chain/"


def said(subject: str) -> list[tuple[str, str, str]]:
    """Actor, action and reason of each entry about it, in order."""
    rows = AuditEntry.objects.filter(subject=subject).order_by("sequence")
    return [(row.actor, row.action, row.detail.get("reason", "")) for row in rows]


def write(number: int) -> None:
    for step in range(number):
        audit.record(actor="tester", action="try", subject=str(step), detail={"step": step})


@pytest.fixture
def _written(transactional_db: None) -> None:
    write(3)


def test_what_staff_does_at_a_bank_names_person_reason_and_source(alice: Holder) -> None:
    with acting_as("harbor"):
        client = teller()
        act(client, alice, "freeze_wallet", reason="court order", case="C-7")
        act(client, alice, "propose_unfreezing", reason="lifted", case="C-7")
        approve()
        assert said(alice.wallet_id) == [
            ("teller", "freeze_wallet", "court order"),
            ("teller", "request_unfreeze_wallet", "lifted"),
            ("teller", "propose_unfreezing", "lifted"),
            ("second", "approve_unfreeze_wallet", "lifted"),
        ]
        assert AuditEntry.objects.get(action="freeze_wallet").source == "address 127.0.0.1"
        assert audit_bank() == []


def test_what_a_bank_refuses_its_staff_is_in_the_log_and_nowhere_else(
    network: Network, alice: Holder
) -> None:
    person = network.people["harbor"][0]
    papers = {name: person[name] for name in ("id_number", "deposit_account")}
    with acting_as("harbor"):
        form = {"full_name": "No One", "reason": "a passport", **papers}
        act(teller(), alice, "propose_raising", **form)
        [refused] = AuditEntry.objects.filter(subject=alice.wallet_id)
        assert (refused.action, refused.detail["code"]) == (
            "propose_raising_refused",
            "kyc_mismatch",
        )
        assert person["id_number"] not in str(refused.detail)


def test_rows_that_staff_adds_are_in_the_log_without_what_was_typed(alice: Holder) -> None:
    with acting_as("harbor"):
        open_firm(teller(), alice.phone)
        entry = AuditEntry.objects.get(action="add_wallet")
        assert (entry.actor, entry.detail) == (
            "teller",
            {"page": "accounts.wallet", "reason": "licence seen"},
        )


def test_action_on_a_list_wants_a_reason(network: Network) -> None:
    with acting_as("harbor"):
        from commercial_banks.clearing.models import Break

        found = Break.objects.create(kind="amount", detail="5 here, 6 there")
        asked = {"action": "resolve", "_selected_action": str(found.id)}
        treasurer = as_staff("treasurer")
        for reason in ("", "  "):
            page = treasurer.post(
                "/admin/bank_clearing/break/", {**asked, "reason": reason}, follow=True
            )
            assert "Give a reason" in page.content.decode()
        assert Break.objects.get().resolved_at is None
        treasurer.post("/admin/bank_clearing/break/", {**asked, "reason": "paid twice"})
        assert Break.objects.get().resolved_by == "treasurer"
        assert said(str(found.id)) == [("treasurer", "resolve_break", "paid twice")]


@pytest.mark.usefixtures("_written")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditentry SET actor = 'nobody' WHERE sequence = 2",
        "UPDATE audit_auditentry SET detail = '{}' WHERE sequence = 2",
        "UPDATE audit_auditentry SET source = 'elsewhere' WHERE sequence = 2",
        "DELETE FROM audit_auditentry WHERE sequence = 2",
        "DELETE FROM audit_auditentry WHERE sequence = 1",
    ],
)
def test_edited_log_is_found(sql: str) -> None:
    assert check_chain().broken == []
    with connection.cursor() as cursor:
        cursor.execute(sql)
    assert len(check_chain().broken) == 1
    assert any(finding.rule == "INV-11" for finding in audit_central_bank())
    assert any(finding.startswith("INV-11") for finding in audit_bank())


@pytest.mark.usefixtures("_written")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditentry SET actor = 'x'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
    ],
)
def test_application_may_only_add(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE cbdc_app")
        try:
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(sql)
            write(1)
        finally:
            cursor.execute("RESET ROLE")
    assert check_chain().entries == 4


@pytest.mark.usefixtures("transactional_db")
def test_writers_at_once_make_one_chain() -> None:
    def run(_: int) -> None:
        try:
            write(5)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(run, range(WRITERS)))
    checked = check_chain()
    assert (checked.entries, checked.broken) == (5 * WRITERS, [])
    assert checked.head == AuditEntry.objects.order_by("-sequence")[0].entry_hash


def test_admin_says_whether_the_chain_is_whole(network: Network) -> None:
    with acting_as("harbor"):
        write(2)
        auditor = as_staff("auditor")
        head = AuditEntry.objects.order_by("-sequence")[0].entry_hash
        assert head in auditor.get(CHECK, follow=True).content.decode()
        AuditEntry.objects.filter(sequence=1).update(actor="nobody")
        assert "BROKEN" in auditor.get(CHECK, follow=True).content.decode()
        assert Client().get(CHECK).status_code == 302
        for path in ("add/", "1/delete/"):
            assert auditor.post(f"/admin/audit/auditentry/{path}").status_code == 403
        assert auditor.post("/admin/audit/auditentry/1/change/").status_code == 403
