"""Django's PostgreSQL backend, which waits for no answer without end, and leaves a server that takes no more writes.

`statement_timeout` is kept by the server. One that hangs, or whose machine hangs, keeps nothing, while its kernel still
says that it is there; so the console counts for itself too. And where DATABASE_URL names several hosts and asks for the
one that takes writes, a connection is looked at with each request: what was the primary may have become a standby.

And some statements are planned once for each connection (`keeping_plans`), all others anew for the values they have.

Times are read by psycopg's own loader, which is in C. Django's is in Python and takes three times as long, to say that
what comes from a server that was told to speak in UTC is UTC.
"""

from __future__ import annotations

import select
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.adapt import AdaptersMap
from psycopg.errors import _WaitTimeout
from psycopg.pq import Format, TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.abc import RV, PQGen

TIME_LOADER = psycopg.adapters.get_loader(base.TIMESTAMPTZ_OID, Format.TEXT)


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
    """Has the server keep the plan of each statement. Django's other cursors put the parameters into the text.

    It is lent by its connection again and again, as to make one costs a third of what such a statement costs.
    """

    is_lent = False

    def close(self) -> None:
        """Forget what was found, and be there for the next."""
        self._reset()
        self.is_lent = False

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        try:
            return super().execute(query, params, prepare=True, **options)
        except psycopg.errors.FeatureNotSupported:
            # A migration has given a column another type since the statement was planned.
            if self.connection.info.transaction_status != TransactionStatus.IDLE:
                self.connection.pgconn.finish()
                raise psycopg.OperationalError("the schema has changed meanwhile") from None
            self.connection.execute("DEALLOCATE ALL")
            return super().execute(query, params, **options)


class DatabaseWrapper(base.DatabaseWrapper):
    _keeps_plans = False
    _planning: PlanningCursor | None = None

    @contextmanager
    def keeping_plans(self) -> Iterator[None]:
        """Have the server keep the plan of each statement inside, and use it for other values too.

        For statements that are the same each time but for their parameters, and for which one plan is right.
        """
        self._keeps_plans = True
        try:
            yield
        finally:
            self._keeps_plans = False

    def create_cursor(self, name: str | None = None) -> Any:
        # As Django's does, but that it would look for a time zone in the loader of times.
        if name:
            options = {"name": name, "scrollable": False, "withhold": self.connection.autocommit}
            return base.ServerSideCursor(self.connection, **options)  # type: ignore[call-arg]
        if self._keeps_plans and self.settings_dict["OPTIONS"].get("prepare_threshold") is not None:
            return self._planning_cursor()
        return self.connection.cursor()

    def _planning_cursor(self) -> PlanningCursor:
        cursor = self._planning
        if cursor is None or cursor.is_lent or cursor.connection is not self.connection:
            cursor = self._planning = PlanningCursor(self.connection)
        cursor.is_lent = True
        return cursor

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        params.pop("longest_wait", None)
        params["context"] = AdaptersMap(params["context"])
        params["context"].register_loader("timestamptz", TIME_LOADER)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        # Django names the class of psycopg itself; ours has the same state.
        connection.__class__ = Connection
        connection.longest_wait = self.settings_dict["OPTIONS"].get("longest_wait")
        return connection

    def is_usable(self) -> bool:
        if self.settings_dict["OPTIONS"].get("target_session_attrs") not in {"read-write", "primary"}:
            return self._is_open()
        if self.connection is None:
            return False
        try:
            # Past Django's cursor, which would run what is recorded or refused of statements.
            row = self.connection.execute("SHOW transaction_read_only").fetchone()
        except psycopg.Error:
            return False
        return row is not None and row[0] == "off"

    def _is_open(self) -> bool:
        """Whether the server has not closed the connection: what it says then is there to be read.

        Django has it answer a question instead, with each request; here only after an error, and in a transaction. Of
        a server that is gone without a word that says more, but nobody learns it sooner than by the first statement.
        """
        if self.connection is None or self.connection.closed:
            return False
        said = select.poll()
        said.register(self.connection.fileno(), select.POLLIN)
        is_idle = self.connection.info.transaction_status == TransactionStatus.IDLE
        if self.errors_occurred or not is_idle or said.poll(0):
            return bool(super().is_usable())
        return True
