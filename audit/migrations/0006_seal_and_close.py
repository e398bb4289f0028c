"""Seal the entries that there are already; from then on the database refuses to change or remove one."""

from collections import deque

from django.db import migrations

from audit import seals, triggers

BATCH = 1000


def seal_all(apps, schema_editor):
    Entry = apps.get_model("audit", "Entry")
    before, last = deque(maxlen=seals.WINDOW), 0
    while batch := list(Entry.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for entry in batch:
            entry.previous = seals.spans(before)
            entry.seal = seals.seal(entry)
            before.append(entry.pk)
        Entry.objects.bulk_update(batch, ["previous", "seal"], batch_size=200)
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_sealed_entries"),
    ]

    operations = [
        migrations.RunPython(seal_all, migrations.RunPython.noop),
        migrations.RunPython(triggers.create, triggers.drop),
    ]
