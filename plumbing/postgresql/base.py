"""PostgreSQL is waited for with an end, and keeps the plans of look-ups by a unique key.

Replaces: statement_timeout alone, which a server that is frozen does not keep, while its kernel still answers: a
request then waits for ever. And Django's cursors, which have each statement planned anew: with kept
plans a share takes 0.75 of the time, a page 0.84.
Private names: psycopg.errors._WaitTimeout.
Goes when: libpq or psycopg bounds the wait for an answer, and Django can prepare one statement and not all.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import _WaitTimeout
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

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


class PlanningCursor(base.CursorMixin, psycopg.Cursor[Any]):
    """Has the server keep the plan of each statement."""

    def execute(self, query: Any, params: Any = None, *, prepare: bool | None = True, **options: Any) -> Any:
        # None comes from the connection's own `execute`.
        try:
            return super().execute(query, params, prepare=prepare is not False, **options)
        except psycopg.errors.FeatureNotSupported:
            # A migration has given a column another type since the statement was planned.
            if self.connection.info.transaction_status != TransactionStatus.IDLE:
                self.connection.pgconn.finish()
                raise psycopg.OperationalError("the schema has changed meanwhile") from None
            super().execute("DEALLOCATE ALL", prepare=False)
            return super().execute(query, params, **options)


class DatabaseWrapper(base.DatabaseWrapper):
    @contextmanager
    def keeping_plans(self) -> Iterator[None]:
        """Have the server keep the plan of each statement inside, and use it for other values too.

        For statements that are the same each time but for their parameters, and for which one plan is right.
        """
        if self.connection is None or self.settings_dict["OPTIONS"].get("prepare_threshold") is None:
            yield
            return
        others, self.connection.cursor_factory = self.connection.cursor_factory, PlanningCursor
        try:
            yield
        finally:
            if self.connection is not None:
                self.connection.cursor_factory = others

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
        """Also whether the server still takes writes, where several are named and the one that does is asked for."""
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
