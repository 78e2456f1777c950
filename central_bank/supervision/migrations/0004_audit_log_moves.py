"""The audit log is every institution's (cbdc.audit): its entries move, each as it was hashed."""

from django.db import migrations

MOVE = """
INSERT INTO audit_auditentry (sequence, occurred_at, actor, action, subject, detail, source,
    previous_hash, entry_hash)
SELECT sequence, occurred_at, actor, action, subject, detail, source, previous_hash, entry_hash
FROM supervision_auditentry
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("supervision", "0003_sources_orders_reports"),
    ]
    operations = [
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.DeleteModel("AuditEntry"),
    ]
