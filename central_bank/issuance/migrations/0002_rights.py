"""The registry only grows; of a token, only whether it is spent changes."""

from django.db import migrations

from central_bank.rights import append_only


class Migration(migrations.Migration):
    dependencies = [("issuance", "0001_initial")]
    operations = [
        migrations.RunSQL(
            append_only(
                "issuance_tokentransaction",
                "issuance_tokenspend",
                "issuance_token",
                updatable={"issuance_token": "spent"},
            ),
            migrations.RunSQL.noop,
        )
    ]
