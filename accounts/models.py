from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access_keys import AccessKey
from accounts.signed_in import end_sessions
from audit.actions import MANAGE_PEOPLE, action
from audit.models import Entry
from ui.entered import logon_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.contrib.auth.models import Permission

    from audit.actions import ActionEntry
    from audit.models import Actor

__all__ = ["AccessKey", "Account", "User", "UserManager"]

ACCOUNT_ID = r"[0-9]{16}"
RAM_ID = r"2[0-9]{17}"
DEFAULT_SHARE_LIMIT = 50
RAM_USER_LIMIT = 100
ONLY_SUPERUSERS = _("Only a superuser may change support staff, or who belongs to them.")
STAFF_FIELDS = frozenset({"is_staff", "is_superuser", "user_permissions"})


class Account(models.Model):
    """An Alibaba Cloud account: the tenant that owns images, and the only thing that an image is shared with.

    Its ID is 16 digits and a text: it may begin with zeros.
    """

    class Site(models.TextChoices):
        CHINA = "china", _("China site (aliyun.com)")
        INTERNATIONAL = "international", _("International site (alibabacloud.com)")

    account_id = models.CharField(
        _("account ID"),
        max_length=16,
        primary_key=True,
        validators=[RegexValidator(rf"^{ACCOUNT_ID}\Z", _("An account ID is exactly 16 digits."))],
    )
    name = models.CharField(_("name"), max_length=128)
    site = models.CharField(_("site"), max_length=16, choices=Site)
    share_limit = models.PositiveIntegerField(
        _("share limit"),
        default=DEFAULT_SHARE_LIMIT,
        help_text=_("How many shares the account may have at a time, over all its images and regions."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("The people of an account that is not active cannot sign in, and nobody can share with it."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["account_id"]

    def __str__(self) -> str:
        return self.account_id

    @property
    def masked_name(self) -> str:
        """Enough of the name to recognise an account that one knows, and no more: "Globex" is "G****x"."""
        if len(self.name) < 3:
            return "*" * len(self.name)
        return self.name[0] + "*" * (len(self.name) - 2) + self.name[-1]


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> models.QuerySet[User]:
        return super().get_queryset().select_related("account")

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=logon_name(username or ""))

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.full_clean()
        user.save()
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: an account's one main user, one of its RAM users, or support staff (no account)."""

    class Policy(models.TextChoices):
        FULL_ACCESS = "AliyunECDFullAccess", "AliyunECDFullAccess"
        READ_ONLY = "AliyunECDReadOnlyAccess", "AliyunECDReadOnlyAccess"

    username = models.CharField(
        _("logon name"),
        max_length=128,
        unique=True,
        help_text=_("A main user's e-mail address, or name@ACCOUNT-ID.onaliyun.com for a RAM user."),
        error_messages={"unique": _("This logon name is taken.")},
    )
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("account")
    )
    ram_id = models.CharField(
        _("RAM user ID"),
        max_length=18,
        unique=True,
        null=True,
        blank=True,
        default=None,
        validators=[RegexValidator(rf"^{RAM_ID}\Z", _("A RAM user's ID is 18 digits and begins with 2."))],
        help_text=_("Empty for the account's main user."),
    )
    policy = models.CharField(
        _("policy"),
        max_length=32,
        choices=Policy,
        blank=True,
        help_text=_("What a RAM user may do. A main user may do all."),
    )
    email = models.EmailField(
        _("e-mail address"),
        blank=True,
        default="",
        # A version of this program that does not know of it yet can still write users.
        db_default="",
        db_index=True,
        help_text=_("Where a link to set a new password is sent. A main user's is the logon name."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("support staff"), default=False)
    date_joined = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_region = models.ForeignKey(
        "regions.Region", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    # The newest entry of the log when the person was made: older ones are no news to them. A version of this program
    # that does not know of it yet can still write users.
    joined_after_entry_id = models.BigIntegerField(default=0, db_default=0, editable=False)

    # The person's choices for the console: see accounts/preferences.py. Empty means that everything is as usual.
    preferences = models.JSONField(
        _("preferences"), default=dict, blank=True, editable=False, db_default=models.Value({}, models.JSONField())
    )

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(ram_id=None),
                name="one_main_user_an_account",
                violation_error_message=_("The account has a main user already. Give this one a RAM user ID."),
            ),
            models.CheckConstraint(
                condition=models.Q(ram_id=None) | models.Q(account__isnull=False),
                name="ram_user_has_account",
                violation_error_message=_("A RAM user belongs to an account."),
            ),
            models.CheckConstraint(
                condition=models.Q(ram_id=None, policy="") | models.Q(ram_id__isnull=False) & ~models.Q(policy=""),
                name="ram_user_has_policy",
                violation_error_message=_("A RAM user has a policy, and a main user has none."),
            ),
        ]

    def clean(self) -> None:
        self.username = logon_name(self.username)
        self.ram_id = self.ram_id or None
        if self.ram_id and not self.username.endswith(f"@{self.account_id}.onaliyun.com"):
            raise ValidationError(
                {"username": _("A RAM user's logon name ends with @ACCOUNT-ID.onaliyun.com.")}, code="ram_domain"
            )
        self.email = self.email.strip().lower() if self.is_ram_user else self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.joined_after_entry_id = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        super().save(*args, **kwargs)

    @property
    def is_ram_user(self) -> bool:
        return self.ram_id is not None

    @property
    def may_write(self) -> bool:
        """The main user may do all, a RAM user what the policy says."""
        return not self.is_ram_user or self.policy == self.Policy.FULL_ACCESS

    @property
    def may_manage_people(self) -> bool:
        """RAM users, whatever their policy, make no others and give themselves no other policy."""
        return not self.is_ram_user

    @property
    def is_support(self) -> bool:
        """Whether this person works on the admin site, or may do all there once they are let in."""
        return self.is_staff or self.is_superuser

    @property
    def ram_name(self) -> str:
        return self.username.partition("@")[0]

    # The main user or support staff do these actions to people. With a password of None, no password signs in.

    def create(self, password: str | None, *, by: Actor) -> None:
        """Make this person, a RAM user if they have a policy.

        Raises ValidationError, or PermissionDenied for people who may not do it; so do the verbs below.
        """
        with self._action("CreateUser", by):
            if self.policy:
                self._count_as_ram_user()
            self._set_password(password)
            self.full_clean()
            self.save(force_insert=True)

    def change(self, *, by: Actor, password: str | None = "", **fields: Any) -> None:
        """Give this person other values of these fields, or another password, which ends their sessions."""
        gets_password = password != ""
        with self._action("UpdateUser", by, **fields, password_changed=gets_password):
            for name, value in fields.items():
                setattr(self, name, value)
            if gets_password:
                self._set_password(password)
            self.full_clean()
            # A main user's address follows from the logon name.
            self.save(update_fields=[*fields, "email", *(["password"] if gets_password else [])])
            if gets_password:
                end_sessions([self])

    def permit(self, permissions: Iterable[Permission], *, by: Actor) -> None:
        """Let this member of the support staff do this on the admin site, and nothing else."""
        names = sorted(f"{permission.content_type.app_label}.{permission.codename}" for permission in permissions)
        with self._action("UpdateUser", by, user_permissions=names):
            self.user_permissions.set(permissions)

    def remove_second_factors(self, *, by: Actor) -> None:
        """For a person who has lost the telephone and the recovery codes. Their sessions end."""
        from allauth.mfa.models import Authenticator  # Late: it needs this module.

        with self._action("RemoveAuthenticator", by, type="all"):
            Authenticator.objects.filter(user=self).delete()
            end_sessions([self])

    def enable(self, *, by: Actor) -> None:
        self._set_active(active=True, event="EnableUser", by=by)

    def disable(self, *, by: Actor) -> None:
        """Sign this person out and refuse their AccessKeys, until they are enabled again."""
        self._set_active(active=False, event="DisableUser", by=by)

    def remove(self, *, by: Actor) -> None:
        """Remove this RAM user and their AccessKeys for good."""
        if not self.is_ram_user:
            raise ValueError("Only RAM users are removed, never the main user.")
        with self._action("DeleteUser", by):
            end_sessions([self])
            self.delete()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else change this person until the transaction ends, and read what they are now.

        Raises ValidationError when they have been removed.
        """
        try:
            self.refresh_from_db(from_queryset=User.objects.select_for_update(of=("self",), no_key=True))
        except User.DoesNotExist:
            raise ValidationError(_("This person has been removed."), code="user_not_found") from None
        yield

    def log_columns(self) -> dict[str, Any]:
        details = {"user": self.username, "policy": self.policy}
        return {"account_id": self.account_id or "", "details": details}

    @contextmanager
    def _action(self, event: str, by: Actor, **details: Any) -> Iterator[ActionEntry]:
        """Do one action on this person, as they are under the lock."""
        lock = self.locked() if self.pk else None
        # The entry belongs to the person's account, whoever acts.
        columns = {"account_id": self.account_id or ""}
        with action(
            event, by=by, about=self, right=MANAGE_PEOPLE, lock=lock, columns=columns, details=details
        ) as entry:
            self._refuse_staff(by, details)
            yield entry

    def _refuse_staff(self, by: Actor, details: dict[str, Any]) -> None:
        touches_staff = self.is_support or not STAFF_FIELDS.isdisjoint(details)
        # The command line acts as nobody, and may do all.
        if touches_staff and by.user_id and not User.objects.filter(pk=by.user_id, is_superuser=True).exists():
            raise PermissionDenied(ONLY_SUPERUSERS)

    def _set_active(self, *, active: bool, event: str, by: Actor) -> None:
        with self._action(event, by):
            self.is_active = active
            self.save(update_fields=["is_active"])
            # Sessions end before a person is enabled too: one who signed in at the moment of being disabled stays out.
            end_sessions([self])

    def _count_as_ram_user(self) -> None:
        # The count stays true until the commit because of the lock.
        Account.objects.select_for_update(no_key=True).get(pk=self.account_id)
        if User.objects.filter(account_id=self.account_id, ram_id__isnull=False).count() >= RAM_USER_LIMIT:
            raise ValidationError(
                _("An account has at most %(limit)s RAM users. Remove one that is no longer needed."),
                code="ram_user_limit_reached",
                params={"limit": RAM_USER_LIMIT},
            )
        self.ram_id = self.ram_id or f"2{secrets.randbelow(10**17):017}"

    def _set_password(self, password: str | None) -> None:
        try:
            if password is not None:
                validate_password(password, self)
        except ValidationError as refusal:
            raise ValidationError({"password": refusal.error_list}) from refusal
        self.set_password(password)
