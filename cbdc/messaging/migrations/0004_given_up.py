"""Parked messages that two people gave up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0003_what_messages_are_about"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="outboxmessage",
            name="messaging_outbox_parked",
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="given_up_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("given_up_at__isnull", True), ("parked_at__isnull", False)),
                fields=["parked_at"],
                name="messaging_outbox_parked",
            ),
        ),
    ]
