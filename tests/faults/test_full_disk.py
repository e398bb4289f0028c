"""The disk of the database is full, and then has room again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from accounts.demo import DEMO_PASSWORD
from tests.faults.disks import small_disk
from tests.faults.harness import IS_POSTGRESQL, Clients, Journal, Server, check, person_of, report, size
from tests.faults.postgres import Postgres, copy_of
from tests.processes import fresh_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.disks import Disk

pytestmark = pytest.mark.slow

TIMES = size(1, 15)


@pytest.fixture
def on_small_disk(tmp_path: Path, demo_database: str) -> Iterator[tuple[Disk, str, Postgres | None]]:
    """A disk, the URL of a copy of the demo data on it, and its server where there is one."""
    if not IS_POSTGRESQL:
        with small_disk(16) as disk, fresh_database(disk.folder, like=demo_database) as database_url:
            yield disk, database_url, None
        return
    with small_disk(160) as disk:
        folder = disk.folder / "data"
        folder.mkdir(mode=0o700)
        server = Postgres(folder, log=tmp_path / "postgres.log")
        try:
            server.initialise()
            server.start(max_wal_size="32MB")
            copy_of(demo_database, server)
            yield disk, server.url(), server
        finally:
            server.kill()


def test_people_are_told_and_nothing_is_lost(on_small_disk: tuple[Disk, str, Postgres | None], tmp_path: Path) -> None:
    disk, database_url, database = on_small_disk
    journal = Journal()
    with Server(database_url, tmp_path, DATABASE_TIMEOUT="2", DATABASE_CONNECT_TIMEOUT="2") as server:
        acme = person_of(server)
        with Clients(server, journal) as clients:
            for _time in range(TIMES):
                clients.wait_for(10)
                disk.fill()
                clients.wait_for_trouble(20)
                # Both write. Here and there a page of the database has room, so either may succeed.
                told = [
                    acme.post("/login/", username="acme@example.com", password=DEMO_PASSWORD).send(),
                    acme.post("/logout/").send(),
                ]
                for status, text in told:
                    # A sign-in that failed half way counts as a try: after five of them there may be no more.
                    assert (status, "The console is not available" in text) in {(302, False), (503, True), (429, False)}
                disk.empty()
                if database is not None and not database.is_running():
                    # Without room for its log PostgreSQL ends, and waits for its keeper.
                    database.start()
                clients.wait_for(10)
        check(journal, database_url)
        assert acme.get("/cn-hangzhou/images/custom/").status_code == 200
        assert "invariants hold" in server.manage("verify")
    report("Disk full", faults=TIMES, acts=journal.done, unavailable=journal.unavailable)
