"""A top-up of what a payment lacked names the payment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_closed_at_the_counter"),
    ]

    operations = [
        migrations.AddField(
            model_name="depositmovement",
            name="payment_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="depositmovement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("payment_id__isnull", False)),
                fields=("payment_id",),
                name="payments_one_top_up_a_payment",
            ),
        ),
    ]
