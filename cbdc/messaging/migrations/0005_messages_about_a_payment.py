"""Messages are found by the payment that they name, however long it took."""

import django.db.models.fields.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0004_given_up"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="inboxmessage",
            index=models.Index(
                condition=models.Q(("about__isnull", False)),
                fields=["about", "id"],
                name="messaging_inbox_about",
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                django.db.models.fields.json.KT("body__payment_id"),
                models.F("id"),
                condition=models.Q(("body__has_key", "payment_id"), ("lane", 0)),
                name="messaging_outbox_about",
            ),
        ),
    ]
