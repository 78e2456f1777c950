"""Personal data is seen for a reason, by who may."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_firms"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="customer",
            options={
                "permissions": [
                    ("see_personal_data", "Can see personal data, for a reason that is logged")
                ]
            },
        ),
    ]
