"""A payment inside the bank in one round trip."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_paymentrequest"),
        ("api", "0001_initial"),
        ("accounts", "0001_initial"),
        ("ledger", "0001_initial"),
        ("notifications", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(
            (SQL / "pay_at_once.sql").read_text(), "DROP FUNCTION payments_pay_at_once"
        ),
    ]
