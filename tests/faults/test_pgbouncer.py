"""PgBouncer before PostgreSQL, in transaction mode: the next statement may go to another connection of the server."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests import debian
from tests.faults.harness import Clients, Journal, Server, check, report, size
from tests.faults.postgres import Postgres, postgres
from tests.processes import SECONDS, load_demo, production

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = debian.PGBOUNCER.found()
pytestmark = [
    pytest.mark.any_database,
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAM, reason="python -m tests.debian fetches PgBouncer"),
]
ACTS = size(100, 2000)
# As docs/deploy.md has it. Fewer connections than the console has, so that all are shared.
SETTINGS = """
[databases]
console = host=127.0.0.1 port={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = options
"""


@contextmanager
def pgbouncer(server: Postgres, folder: Path) -> Iterator[str]:
    """The URL of the database `console` behind it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    file = folder / "pgbouncer.ini"
    file.write_text(SETTINGS.format(server=server.port, port=port))
    # It does not run as root.
    owner = {key: value for key, value in server.as_owner.items() if key != "cwd"}
    file.chmod(0o644)
    with (folder / "pgbouncer.log").open("wb") as log, file.open() as settings:
        command = [str(PROGRAM), f"/dev/fd/{settings.fileno()}"]
        process = subprocess.Popen(
            command,
            env=debian.PGBOUNCER.environment,
            stdout=log,
            stderr=log,
            pass_fds=[settings.fileno()],
            cwd="/",
            **owner,
        )
    url = f"postgres://postgres@127.0.0.1:{port}/console"
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                psycopg.connect(url).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (folder / "pgbouncer.log").read_text()
                time.sleep(0.05)
            else:
                break
        yield url
    finally:
        process.kill()
        process.wait(SECONDS)


def test_the_console_works_behind_a_pooler_in_transaction_mode(tmp_path: Path) -> None:
    journal = Journal()
    with postgres() as server:
        server.initialise()
        server.start()
        server.sql("CREATE DATABASE console")
        load_demo(production(server.url()))
        with (
            pgbouncer(server, tmp_path) as url,
            Server(url, tmp_path, DATABASE_PREPARED_STATEMENTS="0") as console,
        ):
            with Clients(console, journal) as clients:
                clients.wait_for(ACTS)
                assert "invariants hold" in console.manage("verify")
            check(journal, server.url())
            assert journal.unavailable == 0
            at_once = server.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'console'")[0][0]
            assert at_once <= 2, "its clients shared two connections"
    report("PgBouncer", acts=journal.done, unavailable=journal.unavailable)
