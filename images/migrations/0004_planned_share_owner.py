import django.db.models.deletion
from django.db import migrations, models


def repeat_owner(apps, schema_editor):
    PlannedShare = apps.get_model("images", "PlannedShare")
    Image = apps.get_model("images", "Image")
    owner = Image.objects.filter(pk=models.OuterRef("image")).values("owner")
    PlannedShare.objects.update(owner=models.Subquery(owner))
    if schema_editor.connection.vendor == "postgresql":
        # Else it refuses to change the table, whose references are to be checked at the end of the transaction.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


OWNER = {
    "on_delete": django.db.models.deletion.PROTECT,
    "db_index": False,
    "related_name": "+",
    "to": "accounts.account",
    "verbose_name": "owner",
}


class Migration(migrations.Migration):
    dependencies = [("images", "0003_planned_shares_and_notices")]
    operations = [
        migrations.AddField("plannedshare", "owner", models.ForeignKey(null=True, **OWNER)),
        migrations.RunPython(repeat_owner, migrations.RunPython.noop),
        migrations.AlterField("plannedshare", "owner", models.ForeignKey(**OWNER)),
        migrations.RemoveIndex(model_name="plannedshare", name="planned_share_due"),
        migrations.AddIndex(
            model_name="plannedshare",
            index=models.Index(
                condition=models.Q(("settled_at", None)), fields=["owner", "due_at"], name="planned_share_due_by"
            ),
        ),
        migrations.AddIndex(
            model_name="plannedshare",
            index=models.Index(
                condition=models.Q(("settled_at", None)),
                fields=["recipient_id", "due_at"],
                name="planned_share_due_to",
            ),
        ),
    ]
