"""Django's sessions in the database, found by a prepared query, since every page looks for one; no secret in clear.

The cookie holds a session's key, and the database the hash of it: whoever reads the database, or a backup of it, has no
key that signs in.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.fernet import InvalidToken
from django.contrib.sessions.backends import db
from django.utils import timezone

from accounts.encryption import decrypt, encrypt
from plumbing.prepared import prepared_with_plan

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.sessions.base_session import AbstractBaseSession
    from django.db.models import QuerySet


# The secret of an authenticator app, as long as it is being set up (allauth.mfa.totp).
TOTP_SECRET = "mfa.totp.secret"  # noqa: S105 - the name of one
# The secret that sets a new password, from opening the link of a mail until the password is set (allauth.account).
RESET_KEY = "_password_reset_key"
SECRETS = (TOTP_SECRET, RESET_KEY)


def hashed(key: str) -> str:
    """The hash of a session's key, which the database has. A key is random and long, so its hash needs no salt."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """`session_key` is the key itself, as the cookie has it. Only the key in the database is hashed."""

    def load(self) -> dict[str, Any]:
        """The session's data; none for a key that is not known, or is no key at all: it comes from a cookie."""
        key = self.session_key or ""
        if key.isascii() and key.isalnum():
            for (data,) in _data(hashed(key), timezone.now()):
                return self.decode(data)
        # This forgets the key by beginning anew. Django's own `load` would look for the key itself among the hashes, so
        # a person who read a hash could sign in with it.
        super().__init__()
        self.accessed = True
        return {}

    def exists(self, session_key: str) -> bool:
        return super().exists(hashed(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        row = super().create_model_instance(data)
        row.session_key = hashed(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(hashed(key))

    def encode(self, session_dict: dict[str, Any]) -> str:
        secrets = {name: encrypt(secret) for name in SECRETS if (secret := session_dict.get(name))}
        return super().encode({**session_dict, **secrets} if secrets else session_dict)

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        session: dict[str, Any] = super().decode(session_data)
        for name in SECRETS:
            if secret := session.get(name):
                try:
                    session[name] = decrypt(secret)
                except InvalidToken:
                    # The keys are others now; the person begins anew.
                    del session[name]
        return session


@prepared_with_plan
def _data(key: str, now: datetime) -> QuerySet[Any, Any]:
    sessions = SessionStore.get_model_class().objects
    return sessions.filter(session_key=key, expire_date__gt=now).values_list("session_data")
