"""Why who decided a request decided so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="approvalrequest",
            name="decision_reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
