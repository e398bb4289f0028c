"""Django's sessions in the database, found by a prepared query: every page looks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from queries import prepared_with_plan

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        """The session's data; none for a key that is not known, or is no key at all: it comes from a cookie."""
        key = self.session_key or ""
        if key.isascii() and key.isalnum():
            for data in _data(key, timezone.now()):
                return self.decode(data)
        self._session_key = None
        return {}


@prepared_with_plan
def _data(key: str, now: datetime) -> QuerySet[Any, Any]:
    sessions = SessionStore.get_model_class().objects
    return sessions.filter(session_key=key, expire_date__gt=now).values_list("session_data", flat=True)
