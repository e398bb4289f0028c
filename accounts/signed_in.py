"""Where people are signed in: one row of allauth's `UserSession` for each session, with the hash of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.sessions import hashed
from audit.middleware import client_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from allauth.usersessions.models import UserSession
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from accounts.models import User

# Expired sessions that one sign-in deletes. A sign-in makes one, so they never pile up.
PRUNED_AT_ONCE = 100


def _user_sessions() -> QuerySet[UserSession]:
    from allauth.usersessions.models import UserSession  # Late: it needs the model of people.

    found: QuerySet[UserSession] = UserSession.objects.all()
    return found


def sessions_of(user: User) -> list[UserSession]:
    """Where the person is signed in now, the newest first."""
    live = Session.objects.filter(expire_date__gt=timezone.now())
    return list(_user_sessions().filter(user=user, session_key__in=live.values("pk")).order_by("-created_at"))


def is_current(session: UserSession, request: HttpRequest) -> bool:
    return bool(session.session_key == hashed(request.session.session_key or ""))


def end_sessions(people: Iterable[User], *, but: HttpRequest | None = None) -> None:
    """Sign these people out everywhere, but for the session of one request. No row stays that would work again."""
    sessions = _user_sessions().filter(user__in=list(people))
    if but is not None:
        sessions = sessions.exclude(session_key=hashed(but.session.session_key or ""))
    end(sessions)


def end(sessions: QuerySet[UserSession]) -> None:
    with transaction.atomic():
        Session.objects.filter(pk__in=sessions.values("session_key")).delete()
        sessions.delete()


def remember(request: HttpRequest, user: User) -> None:
    """Note where this person is signed in, with the session of this request."""
    if not request.session.session_key:
        request.session.save()
    _user_sessions().update_or_create(
        session_key=hashed(request.session.session_key or ""),
        defaults={
            "user": user,
            "ip": client_address(request) or "127.0.0.1",
            "user_agent": request.headers.get("User-Agent", "")[: _longest("user_agent")],
        },
    )


def prune() -> None:
    """Delete some sessions that have expired, the oldest first, by the index on their end."""
    expired = Session.objects.filter(expire_date__lt=timezone.now()).order_by("expire_date")
    keys = list(expired.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    if keys:
        Session.objects.filter(pk__in=keys).delete()
        _user_sessions().filter(session_key__in=keys).delete()


def _longest(column: str) -> Any:
    return getattr(_user_sessions().model._meta.get_field(column), "max_length", None)
