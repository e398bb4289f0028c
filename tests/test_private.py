"""Demo people where others reach the server, `DEMO=0`, and what the console writes: for its owner alone."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from django.core.management import call_command
from django.test import Client

from accounts.demo import ACCESS_KEYS, DEMO_PASSWORD, PEOPLE, load
from accounts.models import AccessKey, User
from eds_console.private import keep_private
from tests.processes import BIN, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def demo_people(db: None) -> None:
    load()


def sign_in(username: str) -> Any:
    return Client().post("/login/", {"username": username, "password": DEMO_PASSWORD})


def test_demo_people_are_refused_where_others_reach_the_server(demo_people: None, settings: Any) -> None:
    clients = []
    for person in PEOPLE:
        client = Client()
        assert client.post("/login/", {"username": person.username, "password": DEMO_PASSWORD}).status_code == 302
        clients.append(client)
    settings.DEMO_PEOPLE_SIGN_IN = False
    for person in PEOPLE:
        answer = sign_in(f" {person.username.upper()}\u200b")
        assert answer.status_code == 200
        assert "everybody knows their passwords" in answer.content.decode()
    # Nor does a session from before go on.
    for client in clients:
        assert client.get("/account/sessions/").status_code == 302
    assert [key.is_usable for key in AccessKey.objects.all()] == [False] * len(ACCESS_KEYS)
    settings.DEMO_PEOPLE_SIGN_IN = True
    assert [key.is_usable for key in AccessKey.objects.all()] == [True] * len(ACCESS_KEYS)


def test_others_sign_in_where_demo_people_are_refused(db: None, settings: Any) -> None:
    settings.DEMO_PEOPLE_SIGN_IN = False
    User.objects.create_user("somebody@example.com", DEMO_PASSWORD)
    assert sign_in("somebody@example.com").status_code == 302


def test_no_demo_data_is_loaded_where_others_reach_the_server(
    db: None, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO, settings.DEMO_PEOPLE_SIGN_IN = True, False
    call_command("demo")
    assert "everybody knows their passwords" in capsys.readouterr().out
    assert not User.objects.exists()
    assert "Demo sign-ins" not in Client().get("/login/").content.decode()


def modes(folder: Path) -> dict[str, str]:
    """What others may do, of all that is in the folder; empty if nothing."""
    found = (path for path in (folder, *folder.rglob("*")) if not path.is_symlink())
    return {str(path): oct(mode) for path in found if (mode := path.stat().st_mode & 0o077)}


@pytest.mark.any_database
def test_what_is_there_from_before_is_taken_from_others(tmp_path: Path) -> None:
    var = tmp_path / "var"
    (var / "static").mkdir(parents=True, mode=0o755)
    (var / "console.sqlite3").write_text("x")
    var.chmod(0o755)
    (var / "console.sqlite3").chmod(0o644)
    before = os.umask(0o022)
    try:
        keep_private(var)
        (var / "new").write_text("x")
    finally:
        os.umask(before)
    assert modes(var) == {}
    keep_private(tmp_path / "nothing")
    os.umask(before)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Any]:
    """`make run` after its building, in a copy of the code whose var others may read; gives its folder and address."""
    code = tmp_path / "code"
    code.mkdir()
    for file in subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines():
        (code / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, code / file)
    (code / ".venv").symlink_to(ROOT / ".venv")
    (code / "var" / "static").mkdir(parents=True)
    for path in (code / "var", code / "var" / "static"):
        path.chmod(0o755)
    shutil.copy(ROOT / "var/static/staticfiles.json", code / "var/static/")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "PORT": str(port)}
    started: list[subprocess.Popen[bytes]] = []

    def start(**more: str) -> tuple[Path, str]:
        command = ["sh", "-c", "umask 022; exec scripts/run"]
        started.append(subprocess.Popen(command, cwd=code, env=environment | more))
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                requests.get(f"{address}/healthz/", timeout=5).raise_for_status()
                break
            except requests.RequestException:
                time.sleep(0.2)
        return code, address

    yield start
    for process in started:
        process.terminate()
        process.wait(60)


@pytest.mark.slow
@pytest.mark.any_database
def test_without_the_demo_nothing_is_made_and_var_is_the_owners_alone(run: Any) -> None:
    code, address = run(DEMO="0")
    answer = requests.get(f"{address}/metrics/", headers={"Authorization": "Bearer console-demo"}, timeout=30)
    assert answer.status_code == 404
    ask = (
        "from accounts.models import *; print(User.objects.count(), Account.objects.count(), AccessKey.objects.count())"
    )
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}"}
    command = [BIN / "python", "manage.py", "shell", "-v0", "-c", ask]
    assert subprocess.check_output(command, cwd=code, env=environment, text=True).split() == ["0", "0", "0"]
    assert (code / "var" / "console.sqlite3").exists()
    assert (code / "var" / "console.sqlite3-wal").exists()
    assert modes(code / "var") == {}
