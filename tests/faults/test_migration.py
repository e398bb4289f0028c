"""`manage.py migrate` is killed half way, on a database of an older version that has data."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from django.db.migrations.loader import MigrationLoader

from tests.faults.harness import query, report, size
from tests.processes import ROOT, SECONDS, fresh_database, manage, production

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TIMES = size(3, 20)
KEPT = (
    "SELECT image_id, name, owner_id FROM images_image ORDER BY id",
    "SELECT image_id, recipient_id, owner_id FROM images_imageshare ORDER BY id",
    "SELECT id, event, outcome, account_id, image_id, request_id FROM audit_entry ORDER BY id",
    "SELECT username, password FROM accounts_user ORDER BY id",
    "SELECT recipient_id, due_at FROM images_plannedshare ORDER BY id",
)
# Back to before entries were sealed, planned shares had an owner and people an address. There are so many entries that
# it takes a while to seal them, and a planned share that has to get its owner.
OLDER = """
from django.core.management import call_command
from django.db import transaction
from audit.models import Actor, record
from images.models import Image, PlannedShare
with transaction.atomic():
    for number in range(500):
        record("ShareImage", by=Actor(), outcome="already_shared", account_id="1182725234310001", image_id="m-x")
Image.objects.get(image_id="m-acmedemo000000001").copy_to(
    "cn-shanghai",
    name="elsewhere",
    by=Actor(),
    then=lambda copy: PlannedShare.plan(copy, "5316109394400002", confirmed=True, by=Actor()),
)
for app, number in (("images", "0003"), ("audit", "0004"), ("accounts", "0002")):
    call_command("migrate", app, number, verbosity=0)
"""

# Which migrations are noted in a transaction of their own, after they were applied.
NOTED_LATER = """
import json, django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
record, later = MigrationRecorder.record_applied, []
def note(recorder, app, name):
    if not connection.in_atomic_block:
        later.append(f"{app}.{name}")
    record(recorder, app, name)
MigrationRecorder.record_applied = note
call_command("migrate", verbosity=0)
print(json.dumps(later))
"""


def migrate_and_kill(environment: dict[str, str], die: random.Random) -> bool:
    """Kill it while it applies one of its migrations, or the next, at random. Whether it was still running."""
    command = [sys.executable, "-u", "manage.py", "migrate", "--no-color"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        begun = die.randint(1, 3)
        while begun and (letters := process.stdout.readline()):
            # The line goes on with OK, so what is read here is of the migration before.
            begun -= "... OK" in letters
        time.sleep(die.uniform(0, 0.2))
        process.kill()
        process.communicate(timeout=SECONDS)
    return process.returncode == -signal.SIGKILL


def test_a_migration_that_was_killed_half_way_is_run_again_and_nothing_is_lost(
    tmp_path: Path, demo_database: str
) -> None:
    die = random.Random()
    killed = 0
    (tmp_path / "again").mkdir()
    with fresh_database(tmp_path, like=demo_database) as old:
        manage(production(old), "shell", "-v0", "-c", OLDER)
        before = [query(old, sql) for sql in KEPT]
        assert len(before[-1]) == 1
        while killed < TIMES:
            with fresh_database(tmp_path / "again", like=old) as database_url:
                environment = production(database_url)
                while killed < TIMES and migrate_and_kill(environment, die):
                    killed += 1
                assert [query(database_url, sql) for sql in KEPT] == before
                manage(environment, "migrate", "-v0")
                assert [query(database_url, sql) for sql in KEPT] == before
                assert "invariants hold" in manage(environment, "verify")
    report("Migration killed", faults=killed)


def test_no_moment_is_between_a_migration_and_the_note_of_it(tmp_path: Path) -> None:
    with fresh_database(tmp_path) as database_url:
        environment = production(database_url, DJANGO_SETTINGS_MODULE="eds_console.settings")
        done = subprocess.run(
            [sys.executable, "-c", NOTED_LATER], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("app", ["accounts", "api", "audit", "desktops", "images", "regions"])
def test_each_migration_is_one_transaction(app: str) -> None:
    """One that is not keeps its first half when it is interrupted, and cannot be run again."""
    migrations = MigrationLoader(None).disk_migrations
    assert [name for (of, name), migration in migrations.items() if of == app and not migration.atomic] == []
