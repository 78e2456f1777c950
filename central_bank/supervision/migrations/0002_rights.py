"""INV-11: the audit log only grows."""

from django.db import migrations

from central_bank.rights import append_only


class Migration(migrations.Migration):
    dependencies = [("supervision", "0001_initial")]
    operations = [migrations.RunSQL(append_only("supervision_auditentry"), migrations.RunSQL.noop)]
