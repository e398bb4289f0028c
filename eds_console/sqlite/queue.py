"""A place in the queue of those who write to one SQLite database.

Threads of one process wait for each other by a lock in memory, which wakes the next one alone. Whose turn it is among
them waits for other processes by flock.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


# Seconds between looks whether it is one's turn. Mostly it comes so soon that a thread would not have begun; who has
# had no luck by then is put in order by the kernel. A write takes 0.1 to 1 ms, so longer pauses would waste as much.
PAUSES = (0.0001,) * 60
# Of each file, the lock that the threads of this process take first.
_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


class Place:
    """The place of one connection, with an open file of its own.

    flock knows no time-out. Where the lock is not free, a thread waits for it in its stead, and goes on waiting when
    the connection has given up; then it takes up that wait again, or has the lock given back at once.
    """

    def __init__(self, path: Path | str) -> None:
        """Raises OSError where the file cannot be opened."""
        self._has_turn = False
        self._turn = _turns[str(path)]
        self._file = open(path, "wb")  # noqa: PTH123, SIM115 - closed in close
        self._mutex = threading.Lock()
        self._granted = threading.Event()
        self._is_waited_for = self._is_wanted = self._is_closed = False

    def take(self, seconds: float) -> bool:
        """Wait for one's turn; False when it has not come by then."""
        deadline = time.monotonic() + seconds
        if not self._has_turn and not self._turn.acquire(timeout=seconds):
            return False
        self._has_turn = True
        if self._take_file(deadline):
            return True
        self._give_turn()
        return False

    def __del__(self) -> None:
        # Of a connection that a thread left open when it ended; the file gives the other lock back as it goes.
        self._give_turn()

    def _give_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._turn.release()

    def _take_file(self, deadline: float) -> bool:
        for pause in PAUSES:
            if self._take_now():
                return True
            time.sleep(pause)
        with self._mutex:
            if not self._is_waited_for:
                self._is_waited_for = True
                self._granted.clear()
                threading.Thread(target=self._wait, daemon=True).start()
            self._is_wanted = True
        if self._granted.wait(max(0, deadline - time.monotonic())):
            return True
        with self._mutex:
            self._is_wanted = False
            return self._granted.is_set()

    def _take_now(self) -> bool:
        with self._mutex:
            if self._is_waited_for:
                return False
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    def _wait(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._mutex:
            self._is_waited_for = False
            if self._is_closed:
                self._file.close()
            elif self._is_wanted:
                self._granted.set()
            else:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def leave(self) -> None:
        with self._mutex:
            if not self._is_waited_for:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        self._give_turn()

    def close(self) -> None:
        with self._mutex:
            self._is_closed = True
            if not self._is_waited_for:
                self._file.close()
        self._give_turn()
