"""The audit log of an institution, to which the application may only add (INV-11)."""

from django.db import migrations, models

from cbdc.rights import append_only


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("sequence", models.BigIntegerField(primary_key=True, serialize=False)),
                ("occurred_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=150)),
                ("action", models.CharField(max_length=64)),
                ("subject", models.CharField(max_length=128)),
                ("detail", models.JSONField(default=dict)),
                ("source", models.CharField(default="", max_length=255)),
                ("previous_hash", models.CharField(max_length=64)),
                ("entry_hash", models.CharField(max_length=64, unique=True)),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "ordering": ["-sequence"],
                "indexes": [
                    models.Index(fields=["subject", "-sequence"], name="audit_by_subject"),
                    models.Index(fields=["actor", "-sequence"], name="audit_by_actor"),
                ],
            },
        ),
        migrations.RunSQL(append_only("audit_auditentry"), migrations.RunSQL.noop),
    ]
