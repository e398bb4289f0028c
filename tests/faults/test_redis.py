"""The throttles kept in a real Redis: they hold over processes, and without it nobody signs in unthrottled."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
import requests

from tests import debian
from tests.accounts.test_sign_in import answers_to_guesses
from tests.faults.harness import report, size
from tests.processes import SECONDS, Person, fresh_database, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = debian.REDIS.found()
pytestmark = [
    pytest.mark.any_database,
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAM, reason="python -m tests.debian fetches Redis"),
]
TIMES = size(1, 10)
# Longer than settings let anybody wait for it.
MAX_WAIT_SECONDS = 12


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def redis(port: int, folder: Path) -> Iterator[None]:
    """A server that keeps nothing on disk, killed at the end."""
    command = [str(PROGRAM), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, env=debian.REDIS.environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert time.monotonic() < deadline, "Redis does not start"
            time.sleep(0.02)
        yield
    finally:
        process.kill()
        process.wait(SECONDS)


def test_the_throttle_holds_over_processes_and_redis_may_be_killed(tmp_path: Path, demo_database: str) -> None:
    port = free_port()
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        served(database_url, tmp_path, loaded=True, CACHE_URL=f"redis://127.0.0.1:{port}/0") as console,
    ):
        with redis(port, tmp_path):
            globex = Person(console.address, "globex@example.com", "console-demo")
            answers = answers_to_guesses(console)
            assert len([text for text in answers if "distinguishes upper and lower case" in text]) <= 5
            assert "Too many attempts have failed" in answers[-1]
        for _ in range(TIMES):
            with redis(port, tmp_path):
                # It comes back by itself.
                Person(console.address, "initech@example.com", "console-demo")
                stranger = requests.Session()
                page = stranger.get(f"{console.address}/login/", timeout=SECONDS).text
                [token, *_] = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page)
            fields = {"username": "acme@example.com", "password": "console-demo", "csrfmiddlewaretoken": token}
            began = time.monotonic()
            answer = stranger.post(f"{console.address}/login/", fields, timeout=SECONDS, allow_redirects=False)
            assert time.monotonic() < began + MAX_WAIT_SECONDS
            assert answer.status_code == 503
            assert "The console is not available just now" in answer.text
            # Who is signed in goes on.
            assert globex.get("/cn-hangzhou/images/shared/").status_code == 200
        assert "Internal Server Error" not in console.log.read_text()
    report("Redis killed", faults=TIMES)
