"""Django's sessions in the database, found by a prepared query, since every page looks for one; no secret in clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.fernet import InvalidToken
from django.contrib.sessions.backends import db
from django.utils import timezone

from accounts.encryption import decrypt, encrypt
from plumbing.prepared import prepared_with_plan

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


# The secret of an authenticator app, as long as it is being set up (allauth.mfa.totp).
TOTP_SECRET = "mfa.totp.secret"  # noqa: S105 - the name of one


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        """The session's data; none for a key that is not known, or is no key at all: it comes from a cookie."""
        key = self.session_key or ""
        if key.isascii() and key.isalnum():
            for (data,) in _data(key, timezone.now()):
                return self.decode(data)
        # Django looks once more, and forgets the key.
        return super().load()

    def encode(self, session_dict: dict[str, Any]) -> str:
        if secret := session_dict.get(TOTP_SECRET):
            session_dict = {**session_dict, TOTP_SECRET: encrypt(secret)}
        return super().encode(session_dict)

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        session: dict[str, Any] = super().decode(session_data)
        if secret := session.get(TOTP_SECRET):
            try:
                session[TOTP_SECRET] = decrypt(secret)
            except InvalidToken:
                # The keys are others now; the person is shown a new secret.
                del session[TOTP_SECRET]
        return session


@prepared_with_plan
def _data(key: str, now: datetime) -> QuerySet[Any, Any]:
    sessions = SessionStore.get_model_class().objects
    return sessions.filter(session_key=key, expire_date__gt=now).values_list("session_data")
