"""The database takes no writes for a while: a file that may not be written, a server that was set so."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from accounts.demo import DEMO_PASSWORD, GLOBEX
from benchmarks.load import Connection
from tests.faults.harness import (
    ACME_IMAGES,
    IS_POSTGRESQL,
    Clients,
    Journal,
    Server,
    api_call,
    check,
    person_of,
    report,
    says_unavailable,
)
from tests.faults.postgres import with_demo
from tests.processes import SECONDS, fresh_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

DIALOG = f"/cn-hangzhou/images/{ACME_IMAGES[0]}/sharing/"


@contextmanager
def database(tmp_path: Path, demo: str) -> Iterator[tuple[str, Callable[[bool], None]]]:
    """The URL of a copy of the demo data, and what makes it take writes or not."""
    if IS_POSTGRESQL:
        with with_demo(demo) as server:

            def set_server(takes_writes: bool) -> None:
                state = "off" if takes_writes else "on"
                server.reload(default_transaction_read_only=state)
                server.wait_for("SHOW transaction_read_only", is_now=state)

            yield server.url(), set_server
        return
    folder = tmp_path / "database"
    folder.mkdir()
    with fresh_database(folder, like=demo) as database_url:

        def set_files(takes_writes: bool) -> None:
            folder.chmod(0o755)
            for file in folder.iterdir():
                file.chmod(0o644 if takes_writes else 0o444)
            folder.chmod(0o755 if takes_writes else 0o555)

        try:
            yield database_url, set_files
        finally:
            set_files(True)


def test_people_are_told_and_nothing_is_lost(tmp_path: Path, demo_database: str) -> None:
    journal = Journal()
    with database(tmp_path, demo_database) as (database_url, set_takes_writes):
        server = Server(database_url, tmp_path, DATABASE_TIMEOUT="2")
        if not IS_POSTGRESQL and os.getuid() == 0:
            # Modes are nothing to root but for this.
            server.command = ["setpriv", "--bounding-set=-dac_override", *server.command]
        with server:
            acme = person_of(server)
            with Clients(server, journal) as clients:
                clients.wait_for(20)
            # Files that are open stay writable; so the server opens them anew.
            server.kill()
            set_takes_writes(False)
            server.start()
            told = [
                acme.post(DIALOG, account=GLOBEX, confirm="on").send(),
                acme.post("/logout/").send(),
                acme.post("/login/", username="acme@example.com", password=DEMO_PASSWORD).send(),
            ]
            assert [(status, "The console is not available just now" in text) for status, text in told] == [
                (503, True),
                (503, True),
                (503, True),
            ]
            with closing(Connection(("127.0.0.1", server.port))) as connection:
                answer = connection.exchange(api_call("ShareImage", ACME_IMAGES[0]))
            assert (answer.status, says_unavailable(answer)) == (503, True)
            ready = requests.get(f"{server.address}/readyz/", timeout=SECONDS)
            assert (ready.status_code, ready.json()["database"]) == (503, "takes no writes")
            assert server.health() == 200
            # Who only reads does.
            assert acme.get("/cn-hangzhou/images/custom/").status_code == 200
            check(journal, database_url)
            server.kill()
            set_takes_writes(True)
            server.start()
            with Clients(server, journal) as clients:
                clients.wait_for(20)
            check(journal, database_url)
            assert acme.get("/cn-hangzhou/images/custom/").status_code == 200
            assert "invariants hold" in server.manage("verify")
    report("Database read-only", faults=1, acts=journal.done)
