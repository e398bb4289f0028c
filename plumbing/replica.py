"""Pages are read from a replica: REPLICA_URL names a PostgreSQL server that streams from the one of DATABASE_URL.

Replaces: a proxy in front of PostgreSQL, which can spread reads but does not know what a person has written: people
would miss their own writes for as long as the replica is behind. It costs one query a page, on the replica.
Private names: none.
Goes when: Django's routers know how far a replica has come.

Only pages of the console are read from it, and of those never who may sign in or do what. A request that writes reads
from the primary from then on, and gives the browser the place in the primary's log that its writes ended at. A request
that comes with such a place is read from the replica only when that has got there, so nobody misses their own writes,
however far behind the replica is. Programs keep no cookies: the API reads from the primary.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DatabaseError, connection, connections

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

COOKIE = "written"
COOKIE_SECONDS = 3600
# The rows of these apps may be a moment late. The other apps say who somebody is and what they may do.
FROM_REPLICA = frozenset({"audit", "desktops", "images", "regions"})


@dataclass
class Reading:
    """Where a request reads from, and whether it has written."""

    from_replica: bool
    has_written: bool = False


_reading: ContextVar[Reading | None] = ContextVar("reading", default=None)


class Router:
    """Django's database router; outside a request everything is on the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        reading = _reading.get()
        if (
            reading is None
            or not reading.from_replica
            or reading.has_written
            or model._meta.app_label not in FROM_REPLICA
            or connection.in_atomic_block
        ):
            return "default"
        return "replica"

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """For SELECT … FOR UPDATE, too."""
        if (reading := _reading.get()) is not None:
            reading.has_written = True
        return "default"

    def allow_relation(self, *args: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"


def read_your_writes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        is_page = request.method in {"GET", "HEAD"} and request.path != "/"
        reading = Reading(from_replica=is_page and _has_got_to(request.COOKIES.get(COOKIE, "")))
        token = _reading.set(reading)
        try:
            response = get_response(request)
        finally:
            _reading.reset(token)
        if reading.has_written:
            response.set_cookie(
                COOKIE,
                _place(),
                max_age=COOKIE_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return middleware


def _place() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn()")
        return str(cursor.fetchone()[0])


def _has_got_to(place: str) -> bool:
    """Whether the replica has replayed the log up to there; False for one that does not answer or is none."""
    if not re.fullmatch(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}", place):
        place = "0/0"
    try:
        with connections["replica"].cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= %s::pg_lsn", [place])
            return bool(cursor.fetchone()[0])
    except DatabaseError:
        return False
