from __future__ import annotations

import re
import secrets
import string
from contextlib import contextmanager
from copy import copy as duplicate
from dataclasses import dataclass, field
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

import audit.models as audit
from accounts.models import Account
from audit.models import Actor
from images import validators
from plumbing.prepared import prepared_with_plan
from regions.models import Region
from ui.paging import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from images.models.planned_share import PlannedShare
    from images.models.share import ImageShare

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

    @property
    def in_progress(self) -> bool:
        return self in {Status.CREATING, Status.COPYING}


class OsType(models.TextChoices):
    WINDOWS = "Windows", "Windows"
    LINUX = "Linux", "Linux"


def _shares() -> models.QuerySet[ImageShare]:
    from images.models.share import ImageShare  # share.py builds on this module

    return ImageShare.objects.all()


class ImageQuerySet(models.QuerySet["Image"]):
    def owned_by(self, account: Account | str) -> ImageQuerySet:
        return self.filter(owner=account)

    def shared_with(self, account: Account | str) -> ImageQuerySet:
        return self.filter(shares__recipient=account)

    def system(self) -> ImageQuerySet:
        return self.filter(owner=None)

    def usable_by(self, account: Account | str) -> ImageQuerySet:
        """Own, received and system images: all that the account finds at all."""
        received = _shares().filter(image=models.OuterRef("pk"), recipient=account)
        return self.filter(Q(owner=account) | Q(owner=None) | models.Exists(received))

    def in_region(self, region: Region | str) -> ImageQuerySet:
        return self.filter(region=region)

    def in_status(self, status: str, now: datetime | None = None) -> ImageQuerySet:
        """Narrow to what `Image.status` says now; a status that there is not narrows to nothing."""
        now = now or timezone.now()
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

    def with_owner_for_update(self) -> ImageQuerySet:
        """Images that have an owner, with the locks of every act on one: of its owner, and then of the image itself.

        Neither lock stops others from referring to the row: two accounts may share with each other at once. What else
        the same query says is older than the locks.
        """
        # Only rows of an inner join can be locked; Django makes it one where a column of the owner is asked about.
        owned = self.filter(owner__name__isnull=False).select_related("owner")
        return owned.select_for_update(no_key=True, of=("owner", "self"))

    def with_known_relations(self) -> ImageQuerySet:
        """With the shares and the copies of each, for many images whose rules ask about them."""
        return self.prefetch_related(
            models.Prefetch("shares", to_attr="known_shares"), models.Prefetch("copies", to_attr="known_copies")
        )

    def with_shared_count(self) -> ImageQuerySet:
        return self.annotate(shared_count=Count(_shares().filter(image=models.OuterRef("pk"))))


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
    description = models.CharField(
        _("description"),
        max_length=256,
        blank=True,
        validators=[
            RegexValidator(
                r"^(?!https?://)[^\ufffd]{2,256}\Z",
                _("Enter 2 to 256 characters that do not begin with http:// or https://."),
                flags=re.IGNORECASE,
            )
        ],
    )
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
    edited_at = models.DateTimeField(_("last changed"), null=True, blank=True, editable=False)
    failure = models.CharField(_("reason of the failure"), max_length=256, blank=True)

    # From ImageQuerySet.with_shared_count.
    shared_count: int
    # From ImageQuerySet.with_known_relations; None where they are asked of the database.
    known_copies: list[Image] | None = None
    known_shares: list[ImageShare] | None = None

    # What a copy has in common with its source.
    COPIED = ("os_type", "platform", "size_gib", "data_disk_gib", "encrypted", "gpu")

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
            # Those that are being made now, among a million that were made long ago.
            models.Index(fields=["ready_at"], name="image_ready"),
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
    def is_copying(self) -> bool:
        return self.status == Status.COPYING

    @property
    def in_progress(self) -> bool:
        return self.status.in_progress

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
        if done >= whole:
            return 100
        # Nothing is done yet of what began in the future, as it does on a machine whose clock was set back.
        return int(100 * done / whole) if done > 0 else 0

    @property
    def recipient_ids(self) -> list[str]:
        """The IDs of the accounts that it is shared with, first shared first."""
        shares = self.shares.all() if self.known_shares is None else self.known_shares
        return [share.recipient_id for share in sorted(shares, key=attrgetter("pk"))]

    @cached_property
    def is_being_copied(self) -> bool:
        """As it was when it was first asked for. Under the locks of an act it stays so: a copy begins under them."""
        if self.known_copies is not None:
            return any(copy.is_copying for copy in self.known_copies)
        return bool(_copies_under_way(self.pk, timezone.now()))

    def become(self, fresh: Image) -> None:
        """Take over what the database says now, as `refresh_from_db` does with a query of its own."""
        for known in ("is_being_copied", "known_copies", "known_shares"):
            self.__dict__.pop(known, None)
        for column in self._meta.concrete_fields:
            setattr(self, column.attname, getattr(fresh, column.attname))

    def delete(
        self,
        *args: object,
        by: Actor = Actor(),  # noqa: B008 - frozen
        with_templates: bool = False,
        unshare: bool = False,
        **kwargs: object,
    ) -> tuple[int, dict[str, int]]:
        """Delete the image for good, by the rules of the page "Delete images".

        Its owner's own templates of it go too `with_templates`, as in the console; without, as with the API's
        DeleteCascadedBundle that is off by default, they refuse it. Everything else that was made from it stays.
        With `unshare` it is first unshared from every account, in the same transaction and with an entry for each.
        Raises ValidationError when a rule refuses; the refusal is in the audit, and nothing is changed.
        """
        with act("DeleteImage", self, by=by) as ongoing:
            if unshare:
                validators.check(validators.UNSHARE_AND_DELETE_RULES, self._act(by))
                for share in self.shares.order_by("pk"):
                    share.revoke(by=by, owner=ongoing.owner)
            validators.check(validators.DELETE_RULES, self._act(by))
            # Under their locks: none that is deleted or given another image at this moment.
            for template in self.own_templates.select_for_update(no_key=True).order_by("pk"):
                if not with_templates:
                    sentence = _(
                        "Template %(template)s is made from the image. Delete it first, or set DeleteCascadedBundle."
                    )
                    raise ValidationError(sentence, code="image_used_by_template", params={"template": template})
                template.delete(by=by)
            return super().delete()

    @property
    def own_templates(self) -> models.QuerySet[Any]:
        """The templates of the image that its owner made."""
        return self.templates.filter(account=self.owner_id)

    def edit(self, *, name: str | None = None, description: str | None = None, by: Actor) -> None:
        """Change what is given and keep the rest. Raises ValidationError, by field, and changes nothing then."""
        asked = {"name": name, "description": description}
        given: dict[str, Any] = {field: value for field, value in asked.items() if value is not None}
        with act("ModifyImageAttribute", self, by=by, **given):
            validators.check(validators.EDIT_RULES, self._act(by))
            edited = duplicate(self)
            for field, value in given.items():
                setattr(edited, field, value)
            edited.edited_at = timezone.now()
            edited.full_clean(validate_unique=False, validate_constraints=False)
            edited.save(update_fields=[*given, "edited_at"])
            self.become(edited)

    def copy_to(
        self,
        region: Region | str,
        *,
        name: str,
        description: str = "",
        by: Actor,
        then: Callable[[Image], PlannedShare] | None = None,
        share_with: str = "",
    ) -> Image:
        """Start a copy in another region: an image of its own, with a new ID, that nobody shares.

        It is Copying until its disks have been moved at settings.COPY_GIB_PER_SECOND. The share that is planned `then`
        belongs to the same transaction; `share_with` is the account as it was entered for it, for the log. Raises
        ValidationError, by field, and starts nothing then.
        """
        destination_id = region if isinstance(region, str) else region.pk
        asked: dict[str, Any] = {"other_account_id": share_with, "destination_region_id": destination_id, "name": name}
        with act("CopyImage", self, by=by, **asked) as ongoing:
            validators.check(validators.COPY_RULES, ImageAct(self, by.account_id or self.owner_id, destination_id))
            now = timezone.now()
            moved = (self.size_gib + self.data_disk_gib) / settings.COPY_GIB_PER_SECOND
            copy = Image(
                owner_id=self.owner_id,
                region_id=destination_id,
                name=name,
                description=description,
                copied_from=self,
                created_at=now,
                ready_at=now + timedelta(seconds=moved),
                **{column: getattr(self, column) for column in self.COPIED},
            )
            copy.full_clean(validate_unique=False, validate_constraints=False)
            copy.save(force_insert=True)
            ongoing.details["new_image_id"] = copy.image_id
            if then is not None:
                ongoing.details["then_share_with"] = then(copy).recipient_id
        return copy

    def cancel_copy(self, *, by: Actor) -> None:
        """Stop the copy that this image is being made by; what was copied so far is deleted, as ECS does.

        Raises ValidationError for an image that is not being copied, or not any more.
        """
        with act("CancelCopyImage", self, by=by):
            validators.check(validators.CANCEL_COPY_RULES, self._act(by))
            super().delete()

    def fail(self, *, reason: str, by: Actor) -> None:
        """End the making of the image as failed, for a reason that its owner reads. Raises ValidationError."""
        with act("FailImage", self, by=by, reason=reason):
            validators.check([validators.image_is_in_progress], self._act(by))
            self.failed_at, self.failure = timezone.now(), reason
            self.full_clean(validate_unique=False, validate_constraints=False)
            self.save(update_fields=["failed_at", "failure"])
            # They are refused now, not when the copy would have been ready.
            self.planned_shares.filter(settled_at=None).update(due_at=self.failed_at)

    def _act(self, by: Actor) -> ImageAct:
        return ImageAct(self, by.account_id or self.owner_id)


@dataclass(frozen=True)
class ImageAct:
    """An act on an image that has no row of its own: what the validators ask for."""

    image: Image
    owner_id: str | None
    destination_id: str = ""


@dataclass
class Ongoing:
    """An act under way: the locked account that owns the image, and what its audit entry will say besides."""

    owner: Account | None
    details: dict[str, Any] = field(default_factory=dict)


@contextmanager
def locked(image: Image) -> Iterator[Account | None]:
    """A transaction with the locks of every act on an image: of the account that owns it, and of the image itself.

    The account is what the rules count by; the image is had as it is under the locks. Raises ValidationError for one
    that is gone.
    """
    with transaction.atomic():
        found = (_owned_for_update if image.owner_id else _system_for_update)(image.pk) if image.pk else []
        if not found:
            raise ValidationError(_("This image has been deleted."), code="image_not_found")
        image.become(found[0])
        yield found[0].owner


@prepared_with_plan
def _copies_under_way(pk: int, now: datetime) -> models.QuerySet[Any]:
    return Image.objects.filter(copied_from=pk).in_status(Status.COPYING, now).order_by().values_list("pk")[:1]


@prepared_with_plan
def _owned_for_update(pk: int) -> ImageQuerySet:
    return Image.objects.with_owner_for_update().filter(pk=pk)


@prepared_with_plan
def _system_for_update(pk: int) -> ImageQuerySet:
    return Image.objects.system().select_for_update(no_key=True).filter(pk=pk)


@contextmanager
def act(
    event: str,
    image: Image,
    *,
    by: Actor,
    owner: Account | None = None,
    other_account_id: str = "",
    **details: Any,
) -> Iterator[Ongoing]:
    """One act on an image and its audit entry, in one transaction, `locked`.

    A ValidationError rolls the act back, and a rule's is recorded in its place. Raises PermissionDenied, which is
    recorded too, for an actor whose policy only reads. With an `owner` that the caller has from `locked`, the act is a
    part of what the caller does: the caller's is the transaction, and what is recorded of a refusal.
    """
    what = {
        "account_id": by.account_id or image.owner_id or "",
        "region_id": image.region_id,
        "image_id": image.image_id,
        "other_account_id": other_account_id,
    }
    if not by.may_write:
        audit.record(event, by=by, outcome="no_permission", details=details, **what)
        raise PermissionDenied(READ_ONLY)
    ongoing = Ongoing(owner, details)
    if owner is not None:
        yield ongoing
        audit.record(event, by=by, details=ongoing.details, **what)
        return
    try:
        with locked(image) as ongoing.owner:
            yield ongoing
            audit.record(event, by=by, details=ongoing.details, **what)
    except ValidationError as refusal:
        audit.record_refusal(event, refusal, by=by, details=details, **what)
        raise
