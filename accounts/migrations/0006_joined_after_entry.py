from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_preferences")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="joined_after_entry_id",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
