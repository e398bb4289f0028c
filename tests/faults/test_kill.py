"""Clients share and unshare while the web workers, then the whole server, are killed with SIGKILL at random."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.harness import IS_LONG, Clients, Journal, Server, check, report, size
from tests.processes import fresh_database

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

WORKERS_KILLED, SERVERS_KILLED, LONGEST_PAUSE = size((3, 3, 0.3), (100, 100, 2))


def test_what_was_acknowledged_outlives_the_workers_and_the_server(tmp_path: Path, demo_database: str) -> None:
    die, journal = random.Random(), Journal()
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        Server(database_url, tmp_path) as server,
    ):
        with Clients(server, journal) as clients:
            for _time in range(WORKERS_KILLED):
                clients.wait_for(5)
                time.sleep(die.uniform(0, 0.3))
                server.kill_a_worker(die)
        check(journal, database_url)
        for _time in range(SERVERS_KILLED):
            with Clients(server, journal) as clients:
                clients.wait_for(5)
                time.sleep(die.uniform(0, LONGEST_PAUSE))
                server.kill()
                server.start()
                clients.wait_for(1)
            check(journal, database_url)
            if IS_LONG:
                assert "invariants hold" in server.manage("verify")
        assert "invariants hold" in server.manage("verify")
    report("Killed", workers=WORKERS_KILLED, servers=SERVERS_KILLED, acts=journal.done, in_doubt=journal.in_doubt)
