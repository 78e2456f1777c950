from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("treasury", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(
            model_name="vaulttoken", name="inv_1_vault_token_value_positive"
        ),
        migrations.AddConstraint(
            model_name="vaulttoken",
            constraint=models.CheckConstraint(
                condition=models.Q(value__gt=0) | models.Q(value=0, spent_at__isnull=False),
                name="inv_1_vault_token_value_positive",
            ),
        ),
    ]
