"""Django's SQLite backend, with a queue for those who write.

SQLite lets one connection write at a time. Who comes second sleeps and asks again, up to 0.1 s at a time, and may find
each time that somebody else was faster: of eight parallel writers the unlucky waited 0.2 to 0.5 s behind writes of
2 ms. Here writers wait for a lock on a file beside the database instead; the kernel wakes them as soon as it is free.
It is given back with the transaction or the connection, and by the kernel when a process dies. Nobody waits longer than
the option `timeout` (seconds), even behind a writer that hangs. Whoever does not know of the lock, such as the sqlite3
command, is still kept apart by SQLite itself.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db.backends.sqlite3 import base

from eds_console.sqlite.queue import Place

if TYPE_CHECKING:
    from collections.abc import Callable

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class DatabaseWrapper(base.DatabaseWrapper):
    _place: Place | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._write_in_turn)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.is_in_memory_db():
            # Who may not write there cannot write to the database either; reading needs no queue.
            with suppress(OSError):
                self._place = Place(f"{self.settings_dict['NAME']}-queue")
        return super().get_new_connection(conn_params)

    def _wait_in_queue(self) -> None:
        seconds = self.settings_dict["OPTIONS"].get("timeout", 30)
        if self._place is not None and not self._place.take(seconds):
            with self.wrap_database_errors:
                raise self.Database.OperationalError(f"somebody else has been writing for {seconds:g} s")

    def _leave_queue(self) -> None:
        if self._place is not None:
            self._place.leave()

    def _write_in_turn(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        """A statement that writes outside a transaction is a transaction of its own."""
        if self.in_atomic_block or not sql.startswith(WRITES):
            return execute(sql, params, many, context)
        self._wait_in_queue()
        try:
            return execute(sql, params, many, context)
        finally:
            self._leave_queue()

    def _start_transaction_under_autocommit(self) -> None:
        self._wait_in_queue()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave_queue()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            self._leave_queue()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._leave_queue()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            if self._place is not None:
                self._place.close()
                self._place = None
