"""The ledger's tables and its engine, from the SQL files; what only grows cannot be changed."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parents[1] / "sql"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL((SQL / "tables.sql").read_text()),
        migrations.RunSQL((SQL / "engine.sql").read_text()),
        migrations.RunSQL((SQL / "rights.sql").read_text()),
    ]
