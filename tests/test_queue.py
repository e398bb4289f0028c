"""The queue of those who write to one SQLite file: one at a time in one process and across them, none for ever."""

from __future__ import annotations

import fcntl
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from eds_console.sqlite.queue import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue"


@pytest.fixture
def two(path: Path) -> Iterator[tuple[Place, Place]]:
    with closing(Place(path)) as first, closing(Place(path)) as second:
        yield first, second


def test_one_has_the_turn_and_the_next_gets_it_when_it_leaves(two: tuple[Place, Place]) -> None:
    first, second = two
    assert first.take(1)
    assert not second.take(0.05)
    first.leave()
    assert second.take(1)
    second.leave()


def test_of_many_threads_one_at_a_time_is_at_work(path: Path) -> None:
    at_work, most, turns = [], [], []

    def work() -> None:
        place = Place(path)
        for _ in range(50):
            assert place.take(30)
            at_work.append(1)
            most.append(len(at_work))
            time.sleep(0.0001)
            at_work.pop()
            place.leave()
            turns.append(1)
        place.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(turns), max(most)) == (400, 1)


def test_behind_another_process_one_waits_as_long_as_was_said(path: Path, two: tuple[Place, Place]) -> None:
    place, behind = two
    with path.open("wb") as other:
        # A file opened elsewhere is what another process has.
        fcntl.flock(other, fcntl.LOCK_EX)
        began = time.monotonic()
        assert not place.take(0.2)
        assert not behind.take(0.2)
        assert time.monotonic() - began < 5
    assert behind.take(5)
    behind.leave()
    assert place.take(5)


def test_who_takes_twice_has_one_turn(two: tuple[Place, Place]) -> None:
    first, second = two
    assert first.take(1)
    assert first.take(1)
    first.leave()
    first.leave()
    assert second.take(1)


def test_the_turn_of_a_connection_that_was_closed_is_free(two: tuple[Place, Place]) -> None:
    first, second = two
    assert first.take(1)
    first.close()
    assert second.take(1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_turn_of_a_connection_that_its_thread_left_open_is_free(path: Path, two: tuple[Place, Place]) -> None:
    left = Place(path)
    assert left.take(1)
    del left
    assert two[0].take(1)
