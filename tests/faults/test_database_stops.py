"""The database stops, or hangs, and comes back while people work."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.faults.harness import (
    IS_POSTGRESQL,
    Clients,
    Journal,
    Server,
    check,
    person_of,
    postgresql_only,
    report,
    size,
    sqlite_only,
)
from tests.faults.postgres import with_demo
from tests.processes import ROOT, fresh_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

# More of them on PostgreSQL, where there are more ways to stop.
TIMES = size(1, 26 if IS_POSTGRESQL else 16)
TIMEOUT = 2
# A statement that is given up after DATABASE_TIMEOUT and a second, the statement of the page that says so, and the
# place in the queue: what waits longest. The rest is for a machine that has other things to do.
NOBODY_WAITS_LONGER = 30
BOUNDED = {"DATABASE_TIMEOUT": str(TIMEOUT), "DATABASE_CONNECT_TIMEOUT": str(TIMEOUT)}
# Begins to write and does not end.
HANGING_WRITER = """
from django.db import transaction
with transaction.atomic():
    print("begun", flush=True)
    import time; time.sleep(600)
"""


@contextmanager
def hanging_writer(server: Server) -> Iterator[None]:
    """Somebody at the command line who has begun to write, and is then stopped by the kernel."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", HANGING_WRITER]
    with subprocess.Popen(command, cwd=ROOT, env=server.environment, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"begun\n"
        writer.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            writer.kill()


@postgresql_only
@pytest.mark.parametrize("fault", ["killed", "frozen"])
def test_people_and_programs_are_told_and_service_returns_by_itself(
    fault: str, tmp_path: Path, demo_database: str
) -> None:
    journal = Journal()
    with (
        with_demo(demo_database) as database,
        Server(database.url(), tmp_path, **BOUNDED) as server,
    ):
        acme = person_of(server)
        clients = Clients(server, journal)
        with clients:
            for _time in range(TIMES):
                clients.wait_for(10)
                if fault == "killed":
                    database.kill()
                else:
                    database.signal(signal.SIGSTOP)
                clients.wait_for_trouble(8)
                page = acme.get("/cn-hangzhou/images/custom/")
                assert (page.status_code, "The console is not available just now" in page.text) == (503, True)
                assert acme.post("/logout/").send()[0] == 503
                assert server.health() == 503
                if fault == "killed":
                    database.start()
                else:
                    database.signal(signal.SIGCONT)
                clients.wait_for(10)
        check(journal, database.url())
        assert "invariants hold" in server.manage("verify")
        assert acme.get("/cn-hangzhou/images/custom/").status_code == 200
    assert journal.longest < NOBODY_WAITS_LONGER
    report(f"Database {fault}", faults=TIMES, acts=journal.done, unavailable=journal.unavailable)


@sqlite_only
def test_a_writer_that_hangs_keeps_nobody_waiting_for_ever(tmp_path: Path, demo_database: str) -> None:
    journal = Journal()
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        Server(database_url, tmp_path, **BOUNDED) as server,
    ):
        acme = person_of(server)
        assert acme.get("/cn-hangzhou/images/custom/").status_code == 200
        clients = Clients(server, journal)
        with clients:
            for _time in range(TIMES):
                clients.wait_for(10)
                with hanging_writer(server):
                    clients.wait_for_trouble(8)
                    # Who reads is not held up.
                    assert acme.get("/cn-hangzhou/images/custom/").status_code == 200
                clients.wait_for(10)
        check(journal, database_url)
        assert "invariants hold" in server.manage("verify")
    assert journal.longest < NOBODY_WAITS_LONGER
    report("Writer hung", faults=TIMES, acts=journal.done, unavailable=journal.unavailable)
