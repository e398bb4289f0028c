"""AccessKeys: a program signs its API calls with one, in the name of one user.

The server must know a secret to check an HMAC, so secrets are kept encrypted, not hashed. The keys that encrypt them
come from the setting ACCESS_KEY_ENCRYPTION_KEYS: the first encrypts, every one of them decrypts. To rotate, put a new
one in front, run `manage.py reencrypt_access_keys`, then take the old one away.
"""

from __future__ import annotations

import secrets
import string
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.encryption import cipher
from audit.actions import action

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from accounts.models import User
    from audit.actions import ActionEntry
    from audit.models import Actor

MAX_KEYS_PER_USER = 2
ID_PREFIX, ID_LENGTH, SECRET_LENGTH = "LTAI", 24, 30
ALPHABET = string.ascii_letters + string.digits
# A busy script would otherwise write this row on every call.
LAST_USED_PRECISION = timedelta(minutes=1)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _refuse_one_too_many(user: User) -> None:
    if user.access_keys.count() >= MAX_KEYS_PER_USER:
        raise ValidationError(
            _("A user has at most %(maximum)s AccessKeys. Delete one that is no longer used."),
            code="access_key_limit_reached",
            params={"maximum": MAX_KEYS_PER_USER},
        )


class AccessKey(models.Model):
    """An AccessKey pair of a user. It may do what its user may do, for as long as it and the user are active."""

    access_key_id = models.CharField(_("AccessKey ID"), max_length=32, unique=True, editable=False)
    user = models.ForeignKey(
        "accounts.User", models.CASCADE, editable=False, related_name="access_keys", verbose_name=_("user")
    )
    encrypted_secret = models.BinaryField(_("encrypted secret"), editable=False)
    is_active = models.BooleanField(_("active"), default=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    last_used_from = models.GenericIPAddressField(_("last used from"), null=True, editable=False)

    class Meta:
        verbose_name = _("AccessKey")
        verbose_name_plural = _("AccessKeys")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.access_key_id

    @property
    def secret(self) -> str:
        """The secret in clear. Raises cryptography.fernet.InvalidToken when no configured key decrypts it."""
        return cipher().decrypt(bytes(self.encrypted_secret)).decode()

    @secret.setter
    def secret(self, secret: str) -> None:
        self.encrypted_secret = cipher().encrypt(secret.encode())

    @property
    def is_usable(self) -> bool:
        from accounts import demo  # Late: it needs this module.

        account = self.user.account
        if demo.is_refused(self.user.username):
            return False
        return self.is_active and self.user.is_active and account is not None and account.is_active

    @classmethod
    def create_for(cls, user: User, *, by: Actor) -> tuple[AccessKey, str]:
        """Make a key pair and give back the secret too: it is shown this once and never again.

        Raises ValidationError (code `access_key_limit_reached`) when the user has MAX_KEYS_PER_USER keys already.
        """
        key = cls(user=user, access_key_id=ID_PREFIX + _random(ID_LENGTH - len(ID_PREFIX)))
        # A key that is refused has no ID that the log could name.
        columns, details = {"account_id": user.account_id or ""}, {"user": user.username}
        # The count stays true until the commit because of the lock.
        with action(
            "CreateAccessKey", by=by, right=None, lock=user.locked(), columns=columns, details=details
        ) as entry:
            _refuse_one_too_many(user)
            key.secret = secret = _random(SECRET_LENGTH)
            key.save(force_insert=True)
            entry.details["access_key_id"] = key.access_key_id
        return key, secret

    def enable(self, *, by: Actor) -> None:
        self._set_active(active=True, event="EnableAccessKey", by=by)

    def disable(self, *, by: Actor) -> None:
        self._set_active(active=False, event="DisableAccessKey", by=by)

    def remove(self, *, by: Actor) -> None:
        """Delete the key for good. Calls that it signs are refused from this moment on."""
        with self._action("DeleteAccessKey", by):
            self.delete()

    def _set_active(self, *, active: bool, event: str, by: Actor) -> None:
        with self._action(event, by) as entry:
            # An update, not a save: a key that somebody deletes meanwhile does not come back.
            if not AccessKey.objects.filter(pk=self.pk).exclude(is_active=active).update(is_active=active):
                entry.nothing_changed()
        self.is_active = active

    def log_columns(self) -> dict[str, Any]:
        details = {"access_key_id": self.access_key_id, "user": self.user.username}
        return {"account_id": self.user.account_id or "", "details": details}

    def _action(self, event: str, by: Actor) -> AbstractContextManager[ActionEntry]:
        """The frame of one action on the key. Everybody may manage their own keys; the views say whose they are."""
        return action(event, by=by, about=self, right=None, columns={"account_id": self.user.account_id or ""})

    def used(self, address: str | None) -> None:
        """Remember when and from where the key was used last, to the minute."""
        now = timezone.now()
        stale = now - LAST_USED_PRECISION
        if self.last_used_at is None or self.last_used_at < stale:
            AccessKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=self.pk).update(
                last_used_at=now, last_used_from=address
            )
