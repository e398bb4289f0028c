"""The keys of sessions are replaced by their hashes, so that no copy of the database has one that signs in.

People stay signed in. A server of the version before, which looks for the keys themselves, signs them out.
"""

import hashlib

from django.db import migrations

# Django's keys have 32 characters, and the hashes 40.
KEY_LENGTH = 32


def hash_keys(apps, schema_editor):
    for app, name in (("sessions", "Session"), ("usersessions", "UserSession")):
        rows = apps.get_model(app, name).objects.using(schema_editor.connection.alias)
        keys = [key for key in rows.values_list("session_key", flat=True) if len(key) == KEY_LENGTH]
        for key in keys:
            rows.filter(session_key=key).update(session_key=hashlib.sha256(key.encode()).hexdigest()[:40])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_email"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        # There is no way back from a hash. The version before finds none of these rows, and people sign in anew.
        migrations.RunPython(hash_keys, migrations.RunPython.noop),
    ]
