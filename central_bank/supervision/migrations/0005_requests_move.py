"""Requests of two people are every institution's (cbdc.approvals): they move as they are."""

from django.db import migrations

MOVE = """
INSERT INTO approvals_approvalrequest (id, kind, subject, payload, payload_hash, asked_by, reason,
    state, created_at, expires_at, decided_at, maker_id, checker_id)
SELECT id, kind, subject, payload, payload_hash, asked_by, '',
    state, created_at, expires_at, decided_at, maker_id, checker_id
FROM supervision_approvalrequest
"""


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0001_initial"),
        ("supervision", "0004_audit_log_moves"),
    ]
    operations = [
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.DeleteModel("ApprovalRequest"),
    ]
