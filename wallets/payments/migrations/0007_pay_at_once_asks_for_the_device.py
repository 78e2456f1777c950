"""The payment in one round trip looks at the device too."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parents[1] / "sql"
# As 0004 made it where it ran before this migration was written.
WITHOUT_THE_KEY = """
DROP FUNCTION IF EXISTS payments_pay_at_once(text, text, bytea, text, uuid, text, text, bigint,
    text, text, uuid, text, bytea, timestamptz, uuid, uuid, uuid)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0006_what_a_top_up_was_for"),
        ("accounts", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(WITHOUT_THE_KEY, migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "pay_at_once.sql").read_text(), migrations.RunSQL.noop),
    ]
