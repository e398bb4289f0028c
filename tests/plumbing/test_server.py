"""How the server begins and ends, and what it writes meanwhile."""

from __future__ import annotations

import json
import os
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

# The console's own configuration, with processes that take a while between their fork and their signal handlers.
SLOW_TO_BEGIN = """
exec(open("gunicorn.conf.py").read())
def post_fork(server, worker):
    import time
    time.sleep(1.5)
"""


def ends(server: Server, with_signal: int) -> float:
    """How many seconds the server takes to end."""
    assert server.process is not None
    began = time.monotonic()
    server.process.send_signal(with_signal)
    assert server.process.wait(SECONDS) == 0
    server.process = None
    return time.monotonic() - began


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_ended_right_after_its_start_ends_at_once(
    with_signal: int, tmp_path: Path, demo_database: str
) -> None:
    configuration = tmp_path / "slow.conf.py"
    configuration.write_text(SLOW_TO_BEGIN)
    with fresh_database(tmp_path, like=demo_database) as database_url:
        server = Server(database_url, tmp_path)
        server.command += ["--config", configuration]
        server.health = lambda: 200  # type: ignore[method-assign] # the start is not waited for
        with server:
            deadline = time.monotonic() + SECONDS
            while "Booting worker" not in server.log.read_text():
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert ends(server, with_signal) < 3


def test_each_line_of_the_log_is_json_from_the_start_to_the_end(tmp_path: Path, demo_database: str) -> None:
    with fresh_database(tmp_path, like=demo_database) as database_url, Server(database_url, tmp_path) as server:
        requests.post(f"{server.address}/login/", data={"username": "x"}, timeout=SECONDS)
        requests.get(f"{server.address}/login/", headers={"Host": "evil.example"}, timeout=SECONDS)
        assert server.process is not None
        before = server.workers()
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + SECONDS
        while len(server.workers()) < 2 or set(before) & set(server.workers()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(server.workers()[0], signal.SIGKILL)
        assert server.health() == 200
        ends(server, signal.SIGTERM)
        lines = server.log.read_text().splitlines()
    messages = [json.loads(line)["message"] for line in lines]
    assert any("Starting gunicorn" in message for message in messages)
    assert any("Shutting down" in message for message in messages)


def test_a_server_that_ends_answers_what_has_arrived(tmp_path: Path, demo_database: str) -> None:
    import threading

    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        Server(database_url, tmp_path, WEB_WORKERS="1") as server,
    ):
        statuses: list[int] = []

        def ask() -> None:
            statuses.append(requests.get(f"{server.address}/login/", timeout=SECONDS).status_code)

        threads = [threading.Thread(target=ask) for _ in range(60)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        assert ends(server, signal.SIGTERM) < 5
        for thread in threads:
            thread.join()
    assert statuses == [200] * 60
