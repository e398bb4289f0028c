"""The meaning of an error of the database, or of a Redis beside it: is it there, and does it take writes?"""

from __future__ import annotations

import sqlite3

import redis
from django.db import DatabaseError, InterfaceError, OperationalError

# PostgreSQL's troubles, by SQLSTATE: it takes no writes, it ended a transaction that stood still, it has no more of
# something, somebody stopped it, its disk fails, it has made a mistake. Django calls some of them InternalError. It
# calls a statement after a failed one the same, but that would be a mistake of ours.
TROUBLE = ("25006", "25P03", "25P04", "53", "57", "58", "XX")


def is_unavailable(error: BaseException | None) -> bool:
    """Whether it is the database's trouble, which passes or which its keeper ends, and not a mistake of the console."""
    if isinstance(error, OperationalError | InterfaceError | redis.ConnectionError | redis.TimeoutError):
        # SQLite's word for a statement that makes no sense, which PostgreSQL calls a ProgrammingError.
        return getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    return isinstance(error, DatabaseError) and (getattr(error.__cause__, "sqlstate", None) or "").startswith(TROUBLE)
