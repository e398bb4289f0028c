"""A place in the queue of those who write to one SQLite database."""

from __future__ import annotations

import fcntl
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


# Seconds between looks whether it is one's turn. Mostly it comes so soon that a thread would not have begun; who has
# had no luck by then is put in order by the kernel.
PAUSES = (0.0005,) * 12


class Place:
    """An open file of its own for each connection: that is what flock tells apart, threads of a process too.

    flock knows no time-out. Where the lock is not free, a thread waits for it in its stead, and goes on waiting when
    the connection has given up; then it takes up that wait again, or has the lock given back at once.
    """

    def __init__(self, path: Path | str) -> None:
        """Raises OSError where the file cannot be opened."""
        self._file = open(path, "wb")  # noqa: PTH123, SIM115 - closed in close
        self._mutex = threading.Lock()
        self._granted = threading.Event()
        self._is_waited_for = self._is_wanted = self._is_closed = False

    def take(self, seconds: float) -> bool:
        """Wait for one's turn; False when it has not come by then."""
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
        if self._granted.wait(seconds):
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

    def close(self) -> None:
        with self._mutex:
            self._is_closed = True
            if not self._is_waited_for:
                self._file.close()
