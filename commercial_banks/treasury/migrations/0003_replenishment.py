"""The marks of automatic replenishment; merging and splitting."""

import cbdc.clock
from django.db import migrations, models

OPERATIONS = ("issue", "redeem", "lock", "unlock", "merge", "split")


class Migration(migrations.Migration):
    dependencies = [("treasury", "0002_advices_in_any_order")]
    operations = [
        migrations.CreateModel(
            name="ReplenishmentMarks",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("low", models.BigIntegerField()),
                ("high", models.BigIntegerField()),
                ("set_by", models.CharField(max_length=150)),
                ("set_at", models.DateTimeField(default=cbdc.clock.now)),
            ],
            options={
                "verbose_name_plural": "replenishment marks",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(id=1), name="treasury_one_pair_of_marks"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(low__gte=0, high__gt=models.F("low")),
                        name="treasury_low_below_high",
                    ),
                ],
            },
        ),
        migrations.AlterField(
            "tokenrequest",
            "operation",
            models.CharField(choices=[(name, name.title()) for name in OPERATIONS], max_length=6),
        ),
    ]
