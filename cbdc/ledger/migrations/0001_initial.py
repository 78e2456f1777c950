"""The ledger's tables and its engine, from the SQL files; what only grows cannot be changed."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parents[1] / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL((SQL / "tables.sql").read_text()),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Account",
                    fields=[
                        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("debits_posted", models.BigIntegerField()),
                        ("credits_posted", models.BigIntegerField()),
                        ("debits_pending", models.BigIntegerField()),
                        ("credits_pending", models.BigIntegerField()),
                        ("ledger", models.SmallIntegerField()),
                        ("code", models.SmallIntegerField()),
                        ("side", models.SmallIntegerField()),
                        ("status", models.SmallIntegerField()),
                        ("overdraft", models.BooleanField()),
                        ("opened_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "ledger_account",
                    },
                ),
                migrations.CreateModel(
                    name="RecordedTransfer",
                    fields=[
                        ("sequence", models.BigIntegerField()),
                        ("debit_account", models.BigIntegerField()),
                        ("credit_account", models.BigIntegerField()),
                        ("amount", models.BigIntegerField()),
                        ("debit_balance_after", models.BigIntegerField(null=True)),
                        ("credit_balance_after", models.BigIntegerField(null=True)),
                        ("occurred_at", models.DateTimeField()),
                        ("recorded_at", models.DateTimeField()),
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("reference", models.UUIDField()),
                        ("debit_previous", models.UUIDField(null=True)),
                        ("credit_previous", models.UUIDField(null=True)),
                        ("ledger", models.SmallIntegerField()),
                        ("code", models.SmallIntegerField()),
                        ("flags", models.SmallIntegerField()),
                        ("pending_id", models.UUIDField(null=True)),
                        ("expires_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "ledger_transfer",
                    },
                ),
                migrations.CreateModel(
                    name="Reservation",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("debit_account", models.BigIntegerField()),
                        ("credit_account", models.BigIntegerField()),
                        ("amount", models.BigIntegerField()),
                        ("ledger", models.SmallIntegerField()),
                        ("code", models.SmallIntegerField()),
                        ("state", models.SmallIntegerField()),
                        ("recorded_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "ledger_pending",
                    },
                ),
                migrations.CreateModel(
                    name="HotAccount",
                    fields=[
                        ("account", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("folded_upto", models.BigIntegerField()),
                    ],
                    options={"db_table": "ledger_hot"},
                ),
                migrations.CreateModel(
                    name="HotEntry",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "account",
                                "sequence",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("account", models.BigIntegerField()),
                        ("sequence", models.BigIntegerField()),
                        ("is_debit", models.BooleanField()),
                        ("moved", models.BigIntegerField()),
                        ("held", models.BigIntegerField()),
                        ("transfer", models.UUIDField()),
                    ],
                    options={"db_table": "ledger_hot_entry"},
                ),
                migrations.CreateModel(
                    name="Anchor",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "account",
                                "sequence",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("account", models.BigIntegerField()),
                        ("sequence", models.BigIntegerField()),
                        ("available", models.BigIntegerField()),
                    ],
                    options={"db_table": "ledger_anchor"},
                ),
            ]
        ),
        migrations.RunSQL((SQL / "rules.sql").read_text()),
        migrations.RunSQL((SQL / "hot.sql").read_text()),
        migrations.RunSQL((SQL / "engine.sql").read_text()),
        migrations.RunSQL((SQL / "history.sql").read_text()),
        migrations.RunSQL((SQL / "rights.sql").read_text()),
    ]
