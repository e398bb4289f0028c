from typing import Any

from django.core.management import call_command
from django.db import migrations, models

CACHE = "console_cache"


def fill_in_addresses(apps: Any, schema_editor: Any) -> None:
    """A main user's and a supporter's logon name is their address."""
    users = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    users.filter(ram_id=None, username__contains="@").update(email=models.F("username"))


def make_cache(apps: Any, schema_editor: Any) -> None:
    """The cache's table is there even where a Redis is used now, so that going back takes no more than a setting."""
    call_command("createcachetable", CACHE, database=schema_editor.connection.alias, verbosity=0)


def drop_cache(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(f"DROP TABLE {schema_editor.quote_name(CACHE)}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_accesskey")]
    # It reads the field.
    run_before = [("account", "0006_emailaddress_lower")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email",
            field=models.EmailField(
                blank=True,
                db_default="",
                db_index=True,
                default="",
                help_text="Where a link to set a new password is sent. A main user's is the logon name.",
                max_length=254,
                verbose_name="e-mail address",
            ),
        ),
        migrations.RunPython(fill_in_addresses, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(make_cache, drop_cache),
    ]
