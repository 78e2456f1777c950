"""A cap on what a bank owes net, below its guarantee, which two people set."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clearing", "0002_gross_returns_statements")]
    operations = [
        migrations.AddField(
            "position", "net_debit_cap", models.BigIntegerField(blank=True, null=True)
        ),
    ]
