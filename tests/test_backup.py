"""Backups are made while people work, and are worth something: each is restored and looked through by verify."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests
from django.core.management import CommandError, call_command
from django.db import connection

from operations import backups
from tests.faults.harness import query
from tests.processes import ROOT, Console, Person, fresh_database, production

if TYPE_CHECKING:
    from pathlib import Path

# Until it is ended: somebody shares and unshares without pause.
WORK = """
from images.models import Image, ImageShare
print("begun", flush=True)
while True:
    share = ImageShare(image=Image.objects.get(image_id="m-acmedemo000000001"), recipient_id="5316109394400002")
    share.grant()
    share.revoke()
"""


def refused(environment: dict[str, str], *arguments: str) -> str:
    """What a management command says that ends with status 1."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    return done.stderr + done.stdout


def count(console: Console, table: str) -> int:
    """The number of rows, read past the console."""
    [(rows,)] = query(console.environment["DATABASE_URL"], f"SELECT count(*) FROM {table}")
    return int(rows)


@pytest.mark.slow
def test_a_backup_under_load_is_restored_whole_while_the_console_runs(console: Console, tmp_path: Path) -> None:
    file = tmp_path / "console.backup"
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", WORK]
    with subprocess.Popen(command, cwd=ROOT, env=console.environment, stdout=subprocess.PIPE) as work:
        assert work.stdout is not None
        assert work.stdout.readline() == b"begun\n"
        console.manage("backup", str(file))
        assert work.poll() is None, "the work has ended by itself"
        work.kill()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "exists. Choose another name" in refused(console.environment, "backup", str(file))
    acme = Person(console.address, "acme@example.com", "console-demo")

    console.manage("shell", "-v0", "-c", "from images.models import ImageShare; ImageShare.objects.all().delete()")
    assert count(console, "images_imageshare") == 0
    assert "The database is not empty" in refused(console.environment, "restore", str(file))
    assert count(console, "images_imageshare") == 0

    said = console.manage("restore", "--overwrite", str(file))
    assert "invariants hold" in said
    # The two of the demo data, and the one that was being shared just then, or not.
    assert count(console, "images_imageshare") in {2, 3}
    assert count(console, "audit_entry") > 10
    assert requests.get(f"{console.address}/healthz/", timeout=10).status_code == 200
    # Sessions are of the database, so who signed in since signs in anew; the console has never stopped.
    assert acme.get("/cn-hangzhou/images/custom/").status_code == 200
    assert "developer-ubuntu" in Person(console.address, "acme@example.com", "console-demo").get("/").text

    with fresh_database(tmp_path / "other") as elsewhere:
        assert "invariants hold" in Console("", production(elsewhere), tmp_path).manage("restore", str(file))


@pytest.mark.django_db
def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("restore", str(other), "--overwrite")
    other.write_bytes(b"nonsense")
    with pytest.raises(CommandError, match=r"is no backup of a (SQLite|PostgreSQL) database"):
        call_command("restore", str(other), "--overwrite")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", str(tmp_path / "none" / "file"))


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's own programs see to it")
def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_bytes(backups.SQLITE_SIGNATURE + b"\1" * 5000)
    with pytest.raises(CommandError, match="is damaged"):
        backups._restore_sqlite(damaged)


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite needs no programs")
def test_a_program_that_is_missing_or_too_old_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no pg_nothing of PostgreSQL"):
        backups._program("pg_nothing")
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'")
    old.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert backups._program("pg_dump") != old


@pytest.mark.slow
def test_after_a_restore_nobody_is_signed_in(console: Console, tmp_path: Path) -> None:
    """A session that was ended since the backup does not come back with it."""
    acme = Person(console.address, "acme@example.com", "console-demo")
    console.manage("backup", str(tmp_path / "console.backup"))
    assert not acme.get("/account/").history
    console.manage("restore", "--overwrite", str(tmp_path / "console.backup"))
    assert acme.get("/account/").url.startswith(f"{console.address}/login/")
    count = "from django.contrib.sessions.models import Session; print(Session.objects.count())"
    assert console.manage("shell", "-v0", "-c", count).strip() == "0"
