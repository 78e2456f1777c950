"""Movements that no device signed: wallets that two of the staff closed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_pay_at_once"),
    ]

    operations = [
        migrations.AlterField(
            model_name="depositmovement",
            name="device_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="depositmovement",
            name="signature",
            field=models.BinaryField(default=b""),
        ),
        migrations.AlterField(
            model_name="depositmovement",
            name="signature_base",
            field=models.TextField(blank=True),
        ),
    ]
