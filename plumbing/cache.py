"""Django's cache in the database, whose writes are one statement each and say when the database fails.

Replaces: Django's writes, which take an error for "there already": while nothing can be written, every sign-in is
answered with 429, too many tries, instead of 503. And they take four statements and a transaction where this takes one.
Private names: DatabaseCache._base_set, ._table, ._max_entries, ._cull.
Goes when: Django's cache raises what the database says, or a Redis is a must.
"""

from __future__ import annotations

import base64
import pickle
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.cache.backends import db
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.db import connections, router
from django.utils import timezone

CULL_ONE_WRITE_IN = 16
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class DatabaseCache(db.DatabaseCache):
    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """Whether it was set. Raises DatabaseError."""
        connection = connections[router.db_for_write(self.cache_model_class)]
        now = timezone.now()
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        expires = NEVER if seconds is None else now + timedelta(seconds=seconds)
        # As Django's own reads them: in UTC, by the whole second.
        now_, expires_ = (
            connection.ops.adapt_datetimefield_value(time.astimezone(UTC).replace(microsecond=0, tzinfo=None))
            for time in (now, expires)
        )
        table = connection.ops.quote_name(self._table)  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            if mode == "touch":
                sql = f"UPDATE {table} SET expires = %s WHERE cache_key = %s AND expires >= %s"  # noqa: S608
                cursor.execute(sql, [expires_, key, now_])
            else:
                kept = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("latin1")
                cursor.execute(
                    f"INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s)"  # noqa: S608
                    " ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
                    f" WHERE {'TRUE' if mode == 'set' else f'{table}.expires < %s'}",
                    [key, kept, expires_, *([] if mode == "set" else [now_])],
                )
            was_set: bool = cursor.rowcount == 1
            if secrets.randbelow(CULL_ONE_WRITE_IN) == 0:
                cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
                if (number := cursor.fetchone()[0]) > self._max_entries:
                    self._cull(connection.alias, cursor, now.replace(tzinfo=None), number)  # type: ignore[attr-defined]
        return was_set
