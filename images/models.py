from __future__ import annotations

import secrets
import string
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

import audit.models as audit
from accounts.models import Account
from audit.models import Actor
from images import validators
from images.paging import Count
from regions.models import Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

IMAGE_NAME = r"(?!https?://)[A-Za-z\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff:_-]{1,127}"
READ_ONLY = _("Your policy, AliyunECDReadOnlyAccess, lets you see everything and change nothing.")
IMAGE_ID_ALPHABET = string.ascii_lowercase + string.digits


def new_image_id() -> str:
    return "m-" + "".join(secrets.choice(IMAGE_ID_ALPHABET) for _ in range(17))


class Status(models.TextChoices):
    CREATING = "Creating", _("Creating")
    COPYING = "Copying", _("Copying")
    AVAILABLE = "Available", _("Available")
    FAILED = "Failed", _("Failed")


class OsType(models.TextChoices):
    WINDOWS = "Windows", "Windows"
    LINUX = "Linux", "Linux"


class ImageQuerySet(models.QuerySet["Image"]):
    def owned_by(self, account: Account | str) -> ImageQuerySet:
        return self.filter(owner=account)

    def shared_with(self, account: Account | str) -> ImageQuerySet:
        return self.filter(shares__recipient=account)

    def system(self) -> ImageQuerySet:
        return self.filter(owner=None)

    def usable_by(self, account: Account | str) -> ImageQuerySet:
        """Own, received and system images: all that the account finds at all."""
        received = ImageShare.objects.filter(image=models.OuterRef("pk"), recipient=account)
        return self.filter(Q(owner=account) | Q(owner=None) | models.Exists(received))

    def in_region(self, region: Region | str) -> ImageQuerySet:
        return self.filter(region=region)

    def in_status(self, status: str) -> ImageQuerySet:
        """Narrow to what `Image.status` says now; a status that there is not narrows to nothing."""
        now = timezone.now()
        conditions = {
            Status.FAILED: Q(failed_at__isnull=False),
            Status.AVAILABLE: Q(failed_at=None, ready_at__lte=now),
            Status.CREATING: Q(failed_at=None, ready_at__gt=now, copied_from=None),
            Status.COPYING: Q(failed_at=None, ready_at__gt=now, copied_from__isnull=False),
        }
        return self.filter(conditions[Status(status)]) if status in Status else self.none()

    def matching(self, text: str) -> ImageQuerySet:
        """Narrow to images whose ID or name has the text in it, in upper or lower case."""
        return self.filter(Q(image_id__icontains=text) | Q(name__icontains=text)) if text else self

    def with_shared_count(self) -> ImageQuerySet:
        shares = ImageShare.objects.filter(image=models.OuterRef("pk")).order_by().values("pk")
        return self.annotate(shared_count=Count(shares))


class Image(models.Model):
    """What cloud computers are made from: an account's custom image, or a system image (no owner) of a region.

    Whether it is being made, is available or has failed is not stored: it follows from `ready_at`, `failed_at` and the
    clock, so nothing has to run for an image to become Available.
    """

    image_id = models.CharField(_("image ID"), max_length=64, default=new_image_id, editable=False)
    owner = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="images",
        verbose_name=_("owner"),
        db_index=False,
    )
    region = models.ForeignKey(
        Region, models.PROTECT, editable=False, related_name="images", verbose_name=_("region"), db_index=False
    )
    name = models.CharField(
        _("image name"),
        max_length=128,
        validators=[
            RegexValidator(
                rf"^{IMAGE_NAME}\Z",
                _(
                    "Enter 2 to 128 characters: letters, Chinese characters, digits, colons, underscores and hyphens, "
                    "beginning with a letter or a Chinese character."
                ),
            )
        ],
    )
    description = models.CharField(_("description"), max_length=256, blank=True)
    os_type = models.CharField(_("OS"), max_length=16, choices=OsType)
    platform = models.CharField(_("platform"), max_length=64)
    size_gib = models.PositiveIntegerField(_("system disk (GiB)"))
    data_disk_gib = models.PositiveIntegerField(_("data disk (GiB)"), default=0)
    encrypted = models.BooleanField(_("encrypted"), default=False)
    gpu = models.BooleanField(_("GPU"), default=False)
    copied_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="copies"
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    ready_at = models.DateTimeField(_("ready"), default=timezone.now, editable=False)
    failed_at = models.DateTimeField(_("failed"), null=True, blank=True, editable=False)
    failure = models.CharField(_("reason of the failure"), max_length=256, blank=True)

    # From ImageQuerySet.with_shared_count.
    shared_count: int

    objects = ImageQuerySet.as_manager()

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        constraints = [
            # A system image has the same ID in every region, so an image is found by region and ID.
            models.UniqueConstraint(fields=["image_id", "region"], name="image_id_in_region"),
        ]
        indexes = [
            models.Index(fields=["owner", "region", "-id"], name="image_newest_first"),
            models.Index(fields=["owner", "region", "name", "id"], name="image_by_name"),
        ]

    def __str__(self) -> str:
        return self.image_id

    @property
    def is_system(self) -> bool:
        return self.owner_id is None

    @property
    def is_failed(self) -> bool:
        return self.failed_at is not None

    @property
    def is_available(self) -> bool:
        return self.status == Status.AVAILABLE

    @property
    def in_progress(self) -> bool:
        return self.status in {Status.CREATING, Status.COPYING}

    @property
    def status(self) -> Status:
        """What `ImageQuerySet.in_status` finds in SQL, for one image in hand."""
        if self.is_failed:
            return Status.FAILED
        if self.ready_at <= timezone.now():
            return Status.AVAILABLE
        return Status.CREATING if self.copied_from_id is None else Status.COPYING

    @property
    def progress(self) -> int:
        """Whole percent of the work that is done; 100 only when the image is ready."""
        whole = (self.ready_at - self.created_at).total_seconds()
        done = ((self.failed_at or timezone.now()) - self.created_at).total_seconds()
        return 100 if done >= whole else max(0, int(100 * done / whole))

    @property
    def recipient_ids(self) -> list[str]:
        """The IDs of the accounts that it is shared with, first shared first."""
        return list(self.shares.order_by("id").values_list("recipient_id", flat=True))

    def delete(self, *args: object, by: Actor = Actor(), **kwargs: object) -> tuple[int, dict[str, int]]:  # noqa: B008 - frozen
        """Delete the image for good, by the rules of the page "Delete images".

        Raises ValidationError when a rule refuses; the refusal is in the audit, and nothing is changed.
        """
        with act("DeleteImage", self, by=by):
            validators.check(validators.DELETE_RULES, ImageAct(self, by.account_id or self.owner_id))
            return super().delete()


class ImageShareQuerySet(models.QuerySet["ImageShare"]):
    def granted_by(self, account: Account | str) -> ImageShareQuerySet:
        return self.filter(owner=account)

    def received_by(self, account: Account | str) -> ImageShareQuerySet:
        return self.filter(recipient=account)

    def in_region(self, region: Region | str) -> ImageShareQuerySet:
        return self.filter(region=region)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Unshare each, so that no share goes without its audit entry."""
        with transaction.atomic():
            shares = list(self)
            for share in shares:
                share.revoke()
        return len(shares), {"images.ImageShare": len(shares)}

    delete.queryset_only = True  # type: ignore[attr-defined]


class ImageShare(models.Model):
    """That an account lets another account use one of its images.

    It is granted (saved) and revoked (deleted), never changed. `owner` and `region` repeat what the image says, so
    that an account's shares are counted and listed from an index of this table alone; an image changes neither.
    """

    image = models.ForeignKey(Image, models.PROTECT, related_name="shares", verbose_name=_("image"), db_index=False)
    owner = models.ForeignKey(
        Account, models.PROTECT, related_name="shares_granted", verbose_name=_("owner"), db_index=False, editable=False
    )
    recipient = models.ForeignKey(
        Account, models.PROTECT, related_name="shares_received", verbose_name=_("account"), db_index=False
    )
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("region"), db_index=False, editable=False
    )
    created_at = models.DateTimeField(_("shared since"), default=timezone.now, editable=False)
    granted_by = models.CharField(_("shared by"), max_length=254, blank=True, editable=False)

    # Whether the person who shares ticked the check box; None where a program shares, which is not asked.
    confirmed: bool | None = None

    objects = ImageShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = [
            models.UniqueConstraint(fields=["image", "recipient"], name="one_share_an_image_and_account"),
            models.CheckConstraint(condition=~Q(owner=F("recipient")), name="never_shared_with_its_owner"),
        ]
        indexes = [
            models.Index(fields=["owner", "region", "-id"], name="share_granted_newest"),
            models.Index(fields=["recipient", "region", "-id"], name="share_received_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.image} → {self.recipient_id}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Grant the share in the name of the command line; there is no other way to save one."""
        self.grant()

    def clean_fields(self, exclude: Iterable[str] | None = None) -> None:
        # The rules speak of the relations, in better sentences and with fewer queries.
        super().clean_fields(exclude={*(exclude or ()), "image", "owner", "recipient", "region"})

    def clean(self) -> None:
        """Run the rules of the seed page. An image that cannot be shared at all is said before anything else."""
        if self.image_id is None:
            raise ValidationError({"image": ValidationError(_("There is no such image."), code="image_not_found")})
        if self.owner_id is None and self.image.owner_id is not None:
            self.owner_id = self.image.owner_id
        self.region_id = self.image.region_id
        self.recipient_id = (self.recipient_id or "").strip()
        validators.check(validators.SHAREABLE_RULES, self)
        validators.check(validators.SHARE_RULES, self)

    def grant(self, *, by: Actor = Actor()) -> None:  # noqa: B008 - frozen
        """Share the image: every rule, the row and the audit entry in one transaction.

        Raises ValidationError when a rule refuses; the refusal is in the audit, and nothing is shared.
        """
        if not self._state.adding:
            raise ValidationError(_("A share cannot be changed. Unshare the image and share it again."), code="fixed")
        if self.image_id is None:
            audit.record("ShareImage", by=by, outcome="image_not_found", other_account_id=_legible(self.recipient_id))
            self.clean()
        self.owner_id = by.account_id or self.image.owner_id  # type: ignore[assignment]
        with act("ShareImage", self.image, by=by, other_account_id=self.recipient_id) as owner:
            if owner and owner.pk == self.owner_id:
                self.owner = owner
            self.full_clean(validate_unique=False, validate_constraints=False)
            self.granted_by = by.name
            super().save(force_insert=True)

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        self.revoke()
        return 1, {"images.ImageShare": 1}

    def revoke(self, *, by: Actor = Actor()) -> None:  # noqa: B008 - frozen
        """Unshare the image: the recipient can use it no more from this moment on.

        Raises ValidationError (code `not_shared`) when somebody else unshared it first.
        """
        with act("UnshareImage", self.image, by=by, other_account_id=self.recipient_id):
            try:
                self.refresh_from_db(fields=["id"])
            except ImageShare.DoesNotExist:
                raise ValidationError(
                    _("This image is not shared with account %(account)s any more."),
                    code="not_shared",
                    params={"account": self.recipient_id},
                ) from None
            super().delete()


@dataclass(frozen=True)
class ImageAct:
    """An act on an image that has no row of its own: what the validators ask for."""

    image: Image
    owner_id: str | None


@contextmanager
def act(event: str, image: Image, *, by: Actor, other_account_id: str = "") -> Iterator[Account | None]:
    """One act on an image and its audit entry, in one transaction.

    It holds the locks of the account that owns the image, which is what the rules count by, and of the image, and has
    the image as it is under them. A ValidationError rolls the act back and is recorded in its place. Raises
    PermissionDenied, which is recorded too, for an actor whose policy only reads.
    """
    what = {
        "account_id": by.account_id or image.owner_id or "",
        "region_id": image.region_id,
        "image_id": image.image_id,
        "other_account_id": _legible(other_account_id),
    }
    if not by.may_write:
        audit.record(event, by=by, outcome="no_permission", **what)
        raise PermissionDenied(READ_ONLY)
    try:
        with transaction.atomic():
            # Neither lock stops others from referring to the row: two accounts may share with each other at once.
            owner = Account.objects.select_for_update(no_key=True).filter(pk=image.owner_id).first()
            try:
                image.refresh_from_db(from_queryset=Image.objects.select_for_update(no_key=True))
            except Image.DoesNotExist:
                raise ValidationError(_("This image has been deleted."), code="image_not_found") from None
            yield owner
            audit.record(event, by=by, **what)
    except ValidationError as refusal:
        audit.record(event, by=by, outcome=validators.first_error(refusal).code or "", **what)
        raise


def _legible(entered: str | None) -> str:
    """What was entered as an account ID, in a form that any database keeps."""
    return (entered or "").replace("\0", "\ufffd")[:64]
