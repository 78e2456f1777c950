"""Every transaction is signed; keys have an algorithm and a place; redeeming counts in the quota."""

from django.db import migrations, models

from central_bank.rights import append_only

ED25519 = "ed25519"


class Migration(migrations.Migration):
    dependencies = [("issuance", "0002_rights")]
    operations = [
        migrations.AddField("issuerkey", "alg", models.CharField(default=ED25519, max_length=32)),
        migrations.AddField(
            "issuerkey", "location", models.CharField(blank=True, default="", max_length=200)
        ),
        migrations.AlterField("issuerkey", "public_key", models.CharField(max_length=128)),
        migrations.AddField("token", "alg", models.CharField(default=ED25519, max_length=32)),
        migrations.AddField("tokentransaction", "authorisation", models.JSONField(null=True)),
        migrations.AddField(
            "tokentransaction", "issuer_key_id", models.CharField(default="", max_length=43)
        ),
        migrations.AddField("tokentransaction", "alg", models.CharField(default="", max_length=32)),
        migrations.AddField(
            "tokentransaction", "signature", models.CharField(default="", max_length=86)
        ),
        migrations.RemoveConstraint("bankaccount", "issuance_sums_never_negative"),
        migrations.AddConstraint(
            "bankaccount",
            models.CheckConstraint(
                condition=models.Q(issued__gte=0, redeemed__gte=0, quota__gte=0),
                name="issuance_sums_never_negative",
            ),
        ),
        migrations.RunSQL(
            append_only("issuance_issuerkey", updatable={"issuance_issuerkey": "valid_to"}),
            migrations.RunSQL.noop,
        ),
    ]
