from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desktops", "0002_description"),
    ]

    operations = [
        migrations.AddField(
            model_name="template",
            name="regions",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="template",
            name="extras",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict, editable=False),
        ),
    ]
