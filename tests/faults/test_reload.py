"""The server is told to reload, as a terminal that is closed does, too; nobody notices."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest
import requests

from tests.faults.harness import Server
from tests.processes import SECONDS, fresh_database

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.any_database]


def answers(server: Server) -> set[int]:
    """The statuses of enough requests that each process answers some."""
    headers = {"Connection": "close"}
    return {requests.get(f"{server.address}/login/", headers=headers, timeout=SECONDS).status_code for _ in range(12)}


def test_a_server_that_reloads_goes_on_answering_and_leaves_nothing_behind(tmp_path: Path, demo_database: str) -> None:
    def counts() -> set[str]:
        return {path.name for path in tmp_path.glob("console-metrics-*")}

    with fresh_database(tmp_path, like=demo_database) as database_url, Server(database_url, tmp_path) as server:
        process, before, first = server.process, server.workers(), counts()
        assert process is not None
        assert len(first) == 1

        process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + SECONDS
        while len(server.workers()) < 2 or set(before) & set(server.workers()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert answers(server) == {200}
        assert counts() == first

        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
        assert counts() == set()
        server.process = None
