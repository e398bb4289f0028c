"""Many write to one SQLite file at once, and nobody hears that it is locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.harness import Clients, Journal, Server, check, report, size, sqlite_only
from tests.processes import fresh_database

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, sqlite_only]

WRITERS = 32
ACTS = size(200, 40_000)


def test_32_writers_never_hear_that_the_database_is_locked(tmp_path: Path, demo_database: str) -> None:
    journal = Journal()
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        # As many processes, so that all of them do write at once.
        Server(database_url, tmp_path, WEB_WORKERS=str(WRITERS)) as server,
    ):
        with Clients(server, journal, WRITERS) as clients:
            clients.wait_for(ACTS)
        assert (journal.unavailable, journal.wrong) == (0, []), server.log.read_text()[-5000:]
        check(journal, database_url)
        assert "locked" not in server.log.read_text()
        assert "Traceback" not in server.log.read_text()
        assert "invariants hold" in server.manage("verify")
    report("32 writers on SQLite", acts=journal.done)
