"""From where an entry of the audit log was made; auditors, freeze orders, daily reports."""

import cbdc.clock
import cbdc.identifiers
from django.db import migrations, models

from central_bank.rights import append_only


class Migration(migrations.Migration):
    dependencies = [("supervision", "0002_rights")]
    operations = [
        migrations.AddField("auditentry", "source", models.CharField(default="", max_length=255)),
        migrations.CreateModel(
            name="Auditor",
            fields=[
                ("code", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("key_id", models.CharField(max_length=43, unique=True)),
                ("public_key", models.CharField(max_length=43)),
                ("admitted_at", models.DateTimeField(default=cbdc.clock.now)),
                ("valid_to", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="FreezeOrder",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cbdc.identifiers.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("bank", models.CharField(max_length=32)),
                ("wallet_id", models.CharField(max_length=16)),
                (
                    "action",
                    models.CharField(
                        choices=[("freeze", "Freeze"), ("unfreeze", "Unfreeze")], max_length=8
                    ),
                ),
                ("reference", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[("sent", "Sent"), ("done", "Done"), ("refused", "Refused")],
                        default="sent",
                        max_length=7,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=64)),
                ("ordered_at", models.DateTimeField(default=cbdc.clock.now)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="DailyReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("bank", models.CharField(max_length=32)),
                ("day", models.DateField()),
                ("wallets", models.JSONField()),
                ("circulation", models.BigIntegerField()),
                ("stock", models.BigIntegerField()),
                ("received_at", models.DateTimeField(default=cbdc.clock.now)),
            ],
            options={
                "ordering": ["-day", "bank"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("bank", "day"), name="supervision_one_report_a_day"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            append_only(
                "supervision_limittable", "supervision_walletlimit", "supervision_dailyreport"
            ),
            migrations.RunSQL.noop,
        ),
    ]
