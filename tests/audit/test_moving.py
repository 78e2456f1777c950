"""What the central bank had before is moved as it was: entries as hashed, requests as decided."""

from importlib import import_module

import pytest
from django.contrib.auth.models import User
from django.db import connection

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.audit.chain import check_chain
from cbdc.audit.models import AuditEntry
from central_bank.supervision.requests import request_suspension
from tests.central_bank.support import seed

pytestmark = pytest.mark.django_db
MIGRATIONS = "central_bank.supervision.migrations"


def moved(table: str, old: str, migration: str) -> None:
    """Put a table's rows where they were before that migration, and run its SQL."""
    statement = import_module(f"{MIGRATIONS}.{migration}").MOVE
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {old} (LIKE {table})")
        cursor.execute(f"INSERT INTO {old} SELECT * FROM {table}")  # noqa: S608
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608
        cursor.execute(statement)
        cursor.execute(f"DROP TABLE {old}")


def test_entries_keep_their_hashes() -> None:
    seed()
    before = list(AuditEntry.objects.values_list())
    moved("audit_auditentry", "supervision_auditentry", "0004_audit_log_moves")
    assert list(AuditEntry.objects.values_list()) == before
    checked = check_chain()
    assert (checked.entries, checked.broken) == (len(before), [])


def test_requests_keep_their_state_and_can_still_be_approved() -> None:
    seed()
    maker, checker = (User.objects.get(username=name) for name in ("maker", "checker"))
    request = request_suspension(code="lotus", reason="examination", maker=maker)
    before = list(ApprovalRequest.objects.values_list())
    moved("approvals_approvalrequest", "supervision_approvalrequest", "0005_requests_move")
    assert list(ApprovalRequest.objects.values_list()) == before
    four_eyes.approve(request_id=request.id, checker=checker)
    request.refresh_from_db()
    assert request.state == "approved"
