"""Upgrades without downtime: the version before the newest migration works on the schema after it, and the way back."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.processes import ROOT, Person, fresh_database, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes import Console

GLOBEX = "5316109394400002"
# Variables that say where this version and its packages are.
OF_THIS_RUN = {"DJANGO_SETTINGS_MODULE", "MAKEFLAGS", "MAKELEVEL", "VIRTUAL_ENV"}
SHARING = "/cn-hangzhou/images/m-acmedemo000000001/sharing/"


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def before_the_newest_migration() -> str | None:
    """The commit before the one that brought the newest migration; None where the history does not reach so far.

    What a merge brought came at once: nobody ran the states in between.
    """
    history = ("log", "--no-patch", "--first-parent", "--diff-merges=first-parent")
    try:
        added = git(*history, "--diff-filter=A", "-1", "--format=%H", "--", "*/migrations/0*.py").decode().strip()
        return git("rev-parse", "--verify", f"{added}^").decode().strip() if added else None
    except (OSError, subprocess.CalledProcessError):
        return None


@pytest.fixture
def old_code(tmp_path: Path) -> Path:
    commit = before_the_newest_migration()
    if commit is None:
        pytest.skip("the history is not here")
    folder = tmp_path / "old"
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as archive:
        archive.extractall(folder, filter="data")
    # It runs with packages and files of its own, which its Makefile fetches and makes.
    environment = {name: text for name, text in os.environ.items() if name not in OF_THIS_RUN}
    own_uv = ROOT / ".tools/bin/uv"
    uv = [f"UV={own_uv}"] if own_uv.exists() else []
    subprocess.run(["make", "-s", *uv, ".venv/base", "static"], cwd=folder, env=environment, check=True)
    return folder


def share(acme: Person) -> int:
    return acme.submit(SHARING, SHARING, account=GLOBEX, confirm="on").status_code


def unshare(acme: Person) -> int:
    page = f"{SHARING}{GLOBEX}/unshare/"
    return acme.submit(page, page).status_code


@pytest.mark.slow
def test_old_and_new_code_work_side_by_side_on_the_new_schema(
    old_code: Path, demo_database: str, tmp_path: Path
) -> None:
    """The database has been migrated; one machine has been restarted, the other not yet. Then back to the old code."""
    old_log, new_log = tmp_path / "old-log", tmp_path / "new-log"
    old_log.mkdir()
    new_log.mkdir()
    with fresh_database(tmp_path, like=demo_database) as database_url:
        with (
            served(database_url, old_log, loaded=True, code=old_code) as old,
            served(database_url, new_log, loaded=True) as new,
        ):
            by_old, by_new = signed_in(old), signed_in(new)
            assert (share(by_old), unshare(by_new)) == (302, 302)
            assert (share(by_new), unshare(by_old)) == (302, 302)
            assert by_old.get("/readyz/").status_code == by_new.get("/readyz/").status_code == 200
        with served(database_url, old_log, loaded=True, code=old_code) as old:
            assert share(signed_in(old)) == 302
            assert "Traceback" not in old.log.read_text()
        with served(database_url, new_log, loaded=True) as new:
            assert unshare(signed_in(new)) == 302
            new.manage("verify")


def signed_in(console: Console) -> Person:
    return Person(console.address, "acme@example.com", "console-demo")
