"""Requests to a console on SQLite: one at a time in each process, and nobody waits for long."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from eds_console.sqlite import turns
from eds_console.sqlite.turns import taking_turns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

pytestmark = pytest.mark.any_database


def test_one_thread_at_a_time_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 30)
    inside, most = [], []

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.001)
        inside.pop()
        return [environ["PATH_INFO"].encode()]

    asked = [str(number) for number in range(50)]
    turn = taking_turns(application)
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda path: turn({"PATH_INFO": path}, print), asked)
        assert list(answers) == [[path.encode()] for path in asked]
    assert max(most) == 1


def test_behind_one_that_takes_long_nobody_waits_for_its_end() -> None:
    is_inside, is_over = threading.Event(), threading.Event()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "slow":
            is_inside.set()
            assert is_over.wait(30)
        return [environ["PATH_INFO"].encode()]

    turn = taking_turns(application)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(turn, {"PATH_INFO": "slow"}, print)
        assert is_inside.wait(30)
        assert turn({"PATH_INFO": "quick"}, print) == [b"quick"]
        assert not slow.done()
        is_over.set()
        assert slow.result() == [b"slow"]


def test_one_that_fails_has_had_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 30)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise OSError

    turn = taking_turns(application)
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(OSError):  # noqa: PT011 - what is said of it does not matter
            turn({}, print)
        assert time.monotonic() - began < 30
