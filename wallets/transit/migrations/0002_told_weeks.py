"""What other banks tell is kept by week and operator; taps that stayed alone have an index."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


def weeks_of_journeys(apps: Any, schema_editor: Any) -> None:
    """Journeys that were told before had their week and operator in their body."""
    database = schema_editor.connection.alias
    journeys = apps.get_model("transit", "ToldJourney").objects.using(database)
    weeks = apps.get_model("transit", "ToldWeek").objects.using(database)
    for row in journeys.order_by("rated_at").iterator():
        payee_wallet, week = row.body.pop("payee_wallet"), row.body.pop("week")
        row.told_week, _ = weeks.update_or_create(
            from_bank=row.from_bank,
            payee_wallet=payee_wallet,
            credential_id=row.credential_id,
            week=week,
            defaults={"rated_at": row.rated_at},
        )
        row.save()


class Migration(migrations.Migration):
    dependencies = [("transit", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="ratedjourney",
            index=models.Index(
                condition=Q(status__in=["incomplete", "corrected"]),
                fields=["operator_id", "day"],
                include=("status", "origin", "destination"),
                name="transit_unpaired",
            ),
        ),
        migrations.CreateModel(
            name="ToldWeek",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_bank", models.CharField(max_length=32)),
                ("payee_wallet", models.CharField(max_length=16)),
                ("week", models.DateField()),
                ("rated_at", models.DateTimeField()),
                (
                    "credential",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="weeks",
                        to="transit.credential",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="toldweek",
            constraint=models.UniqueConstraint(
                fields=("from_bank", "payee_wallet", "credential", "week"),
                name="transit_week_told_once",
            ),
        ),
        migrations.AddField(
            model_name="toldjourney",
            name="told_week",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="journeys",
                to="transit.toldweek",
            ),
        ),
        migrations.RunPython(weeks_of_journeys, migrations.RunPython.noop),
        # The key's check that waits for the commit must be done before the table is altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AlterField(
            model_name="toldjourney",
            name="told_week",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="journeys",
                to="transit.toldweek",
            ),
        ),
        migrations.RemoveField(model_name="toldjourney", name="rated_at"),
    ]
