"""Django's PostgreSQL backend, which waits for no answer without end, and leaves a server that takes no more writes.

`statement_timeout` is kept by the server. One that hangs, or whose machine hangs, keeps nothing, while its kernel still
says that it is there; so the console counts for itself too. And where DATABASE_URL names several hosts and asks for the
one that takes writes, a connection is looked at with each request: what was the primary may have become a standby.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import _WaitTimeout

if TYPE_CHECKING:
    from psycopg.abc import RV, PQGen


class Connection(psycopg.Connection[Any]):
    # Seconds that an answer may take; None is no bound.
    longest_wait: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Raise OperationalError, and close the connection, when the server does not answer in time."""
        try:
            return super().wait(gen, interval, self.longest_wait if timeout is None else timeout)
        except _WaitTimeout:
            if timeout is None:
                # The answer may come at any time, and is nobody's.
                self.pgconn.finish()
                raise psycopg.OperationalError(f"the server has not answered for {self.longest_wait:g} s") from None
            raise


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params.pop("longest_wait", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        # Django names the class of psycopg itself; ours has the same state.
        connection.__class__ = Connection
        connection.longest_wait = self.settings_dict["OPTIONS"].get("longest_wait")
        return connection

    def is_usable(self) -> bool:
        if self.settings_dict["OPTIONS"].get("target_session_attrs") not in {"read-write", "primary"}:
            return bool(super().is_usable())
        if self.connection is None:
            return False
        try:
            # Past Django's cursor, which would run what is recorded or refused of statements.
            row = self.connection.execute("SHOW transaction_read_only").fetchone()
        except psycopg.Error:
            return False
        return row is not None and row[0] == "off"
