from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access_keys import AccessKey

__all__ = ["AccessKey", "Account", "User", "UserManager"]

ACCOUNT_ID = r"[0-9]{16}"
RAM_ID = r"2[0-9]{17}"
DEFAULT_SHARE_LIMIT = 50


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
        return self.get(username=(username or "").strip().lower())

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
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("support staff"), default=False)
    date_joined = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_region = models.ForeignKey(
        "regions.Region", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    USERNAME_FIELD = "username"
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
        self.username = self.username.strip().lower()
        self.ram_id = self.ram_id or None
        if self.ram_id and not self.username.endswith(f"@{self.account_id}.onaliyun.com"):
            raise ValidationError(
                {"username": _("A RAM user's logon name ends with @ACCOUNT-ID.onaliyun.com.")}, code="ram_domain"
            )

    @property
    def is_ram_user(self) -> bool:
        return self.ram_id is not None

    @property
    def may_write(self) -> bool:
        """The main user may do all, a RAM user what the policy says."""
        return not self.is_ram_user or self.policy == self.Policy.FULL_ACCESS
