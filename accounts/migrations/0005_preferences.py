from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_hashed_session_keys")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="preferences",
            field=models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                editable=False,
                verbose_name="preferences",
            ),
        ),
    ]
