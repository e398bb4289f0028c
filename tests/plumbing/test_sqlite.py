"""Those who write to one SQLite file: one at a time in one process and across them, and none waits for ever."""

from __future__ import annotations

import fcntl
import gc
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_django import DjangoDbBlocker

pytestmark = pytest.mark.any_database

type Connect = Callable[..., BaseDatabaseWrapper]


@pytest.fixture
def connect(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Connect]:
    """Open one more connection to one database, in which there is a table of numbers."""
    opened: list[Any] = []

    def open_one(seconds: float = 0.2) -> BaseDatabaseWrapper:
        settings = {
            "ENGINE": "plumbing.sqlite",
            "NAME": tmp_path / "database",
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": seconds, "init_command": "PRAGMA journal_mode=WAL"},
        }
        connection = ConnectionHandler({"default": settings})["default"]
        connection.inc_thread_sharing()
        opened.append(connection)
        return connection

    with django_db_blocker.unblock():
        with open_one().cursor() as cursor:
            cursor.execute("CREATE TABLE number (value)")
        yield open_one
        for connection in opened:
            connection.close()


def write(connection: BaseDatabaseWrapper, value: int = 1) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO number VALUES (%s)", [value])


def begin(connection: BaseDatabaseWrapper) -> None:
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(connection: BaseDatabaseWrapper) -> None:
    connection.rollback()
    connection.set_autocommit(True)


def test_one_has_the_turn_and_the_next_gets_it_at_the_end_of_the_transaction(connect: Connect) -> None:
    first, second = connect(), connect()
    begin(first)
    began = time.monotonic()
    with pytest.raises(OperationalError, match="somebody else has been writing"):
        begin(second)
    with pytest.raises(OperationalError, match="somebody else has been writing"):
        write(second)
    assert 0.2 <= time.monotonic() - began < 5
    end(first)
    begin(second)
    end(second)
    write(first)


def test_who_reads_needs_no_turn(connect: Connect) -> None:
    first, second = connect(), connect()
    begin(first)
    with second.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM number")
        assert cursor.fetchone() == (0,)
    end(first)


def test_behind_another_process_one_waits_as_long_as_was_said(connect: Connect, tmp_path: Path) -> None:
    connection = connect()
    with (tmp_path / "database-queue").open("wb") as other:
        # A file opened elsewhere is what another process has.
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(OperationalError):
            write(connection)
    write(connection)


def test_behind_a_writer_that_hangs_the_second_one_does_not_wait_as_long_again(connect: Connect) -> None:
    first, second, third = connect(), connect(1), connect(1)
    begin(first)
    with pytest.raises(OperationalError):
        write(second)
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(OperationalError):
            write(third)
    assert time.monotonic() < began + 0.9
    end(first)
    write(third)


def test_a_statement_that_fails_ends_its_turn(connect: Connect) -> None:
    first, second = connect(), connect()
    with first.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("INSERT INTO nowhere VALUES (1)")
    write(second)


def test_the_turn_of_a_connection_that_is_closed_is_free(connect: Connect) -> None:
    first, second = connect(), connect()
    begin(first)
    first.close()
    write(second)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_turn_of_a_connection_that_its_thread_left_open_is_free(connect: Connect, tmp_path: Path) -> None:
    def leave() -> None:
        settings = {**connections["default"].settings_dict, "ENGINE": "plumbing.sqlite", "NAME": tmp_path / "database"}
        begin(ConnectionHandler({"default": settings})["default"])

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    gc.collect()
    write(connect())


def test_of_many_threads_one_at_a_time_writes_and_none_is_refused(connect: Connect) -> None:
    at_work: list[int] = []
    most: list[int] = []

    def work() -> None:
        connection = connect(30)
        for number in range(25):
            begin(connection)
            at_work.append(1)
            most.append(len(at_work))
            write(connection, number)
            at_work.pop()
            connection.commit()
            connection.set_autocommit(True)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connect().cursor() as cursor:
        cursor.execute("SELECT count(*) FROM number")
        assert cursor.fetchone() == (200,)
    assert max(most) == 1
