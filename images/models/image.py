from __future__ import annotations

import re
import secrets
import string
from copy import copy as duplicate
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from audit.actions import action
from audit.models import Actor
from images import validators
from images.models.locks import locked
from images.models.queryset import ImageQuerySet, OsType, Status
from plumbing.prepared import prepared_with_plan
from regions.models import Region

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from images.models.planned_share import PlannedShare
    from images.models.share import ImageShare

IMAGE_NAME = r"(?!https?://)[A-Za-z\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff:_-]{1,127}"
IMAGE_ID_ALPHABET = string.ascii_lowercase + string.digits


def new_image_id() -> str:
    return "m-" + "".join(secrets.choice(IMAGE_ID_ALPHABET) for _ in range(17))


class Image(models.Model):
    """Cloud computers are made from an image: an account's custom image, or a system image (no owner) of a region.

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
    # From ImageQuerySet.with_known_relations. Not there where they are asked of the database: a default would make
    # Django's prefetch believe that they were fetched already.
    known_copies: list[Image]
    known_shares: list[ImageShare]

    # A copy has these values in common with its source.
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
        """The status of one image in hand, by the rule that `ImageQuerySet.in_status` has in SQL."""
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
        # An image that began in the future has no progress yet. This happens on a machine whose clock was set back.
        return int(100 * done / whole) if done > 0 else 0

    @property
    def recipient_ids(self) -> list[str]:
        """The IDs of the accounts that it is shared with, first shared first."""
        shares = self.known_shares if hasattr(self, "known_shares") else self.shares.all()
        return [share.recipient_id for share in sorted(shares, key=attrgetter("pk"))]

    @cached_property
    def is_being_copied(self) -> bool:
        """As it was when it was first asked for. Under the locks of an action it stays so: a copy begins under them."""
        if hasattr(self, "known_copies"):
            return any(copy.is_copying for copy in self.known_copies)
        return bool(_copies_under_way(self.pk, timezone.now()))

    def copy_fields_from(self, fresh: Image) -> None:
        """Take over the present values of the database, as `refresh_from_db` does with a query of its own."""
        for known in ("is_being_copied", "known_copies", "known_shares"):
            self.__dict__.pop(known, None)
        for column in self._meta.concrete_fields:
            setattr(self, column.attname, getattr(fresh, column.attname))

    def log_columns(self) -> dict[str, Any]:
        return {"account_id": self.owner_id or "", "region_id": self.region_id, "image_id": self.image_id}

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Remove the image in the name of the command line: no image goes without its rules and its entry."""
        self.remove(by=Actor())
        return 1, {"images.Image": 1}

    def remove(self, *, by: Actor, with_templates: bool = False, unshare: bool = False) -> None:
        """Delete the image for good, by the rules of the page "Delete images".

        Its owner's own templates of it go too `with_templates`, as in the console; without, as with the API's
        DeleteCascadedBundle that is off by default, they refuse it. Everything else that was made from it stays.
        With `unshare` it is first unshared from every account, in the same transaction and with an entry for each.
        Raises ValidationError when a rule refuses; the refusal is in the log, and nothing is changed.
        """
        with action("DeleteImage", by=by, about=self, lock=locked(self)) as entry:
            if unshare:
                validators.check(validators.UNSHARE_AND_DELETE_RULES, self._action(by))
                for share in self.shares.order_by("pk"):
                    share.revoke(by=by, owner=entry.locked)
            validators.check(validators.DELETE_RULES, self._action(by))
            # Under their locks: none that is deleted or given another image at this moment.
            for template in self.own_templates.select_for_update(no_key=True).order_by("pk"):
                if not with_templates:
                    sentence = _(
                        "Template %(template)s is made from the image. Delete it first, or set DeleteCascadedBundle."
                    )
                    raise ValidationError(sentence, code="image_used_by_template", params={"template": template})
                template.remove(by=by)
            super().delete()

    @property
    def own_templates(self) -> models.QuerySet[Any]:
        """The templates of the image that its owner made."""
        return self.templates.filter(account=self.owner_id)

    def edit(self, *, name: str | None = None, description: str | None = None, by: Actor) -> None:
        """Change what is given and keep the rest. Raises ValidationError, by field, and changes nothing then."""
        asked = {"name": name, "description": description}
        given: dict[str, Any] = {field: value for field, value in asked.items() if value is not None}
        with action("ModifyImageAttribute", by=by, about=self, lock=locked(self), details=given):
            validators.check(validators.EDIT_RULES, self._action(by))
            edited = duplicate(self)
            for field, value in given.items():
                setattr(edited, field, value)
            edited.edited_at = timezone.now()
            edited.full_clean(validate_unique=False, validate_constraints=False)
            edited.save(update_fields=[*given, "edited_at"])
            self.copy_fields_from(edited)

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
        with action(
            "CopyImage",
            by=by,
            about=self,
            lock=locked(self),
            columns={"other_account_id": share_with},
            details={"destination_region_id": destination_id, "name": name},
        ) as entry:
            validators.check(validators.COPY_RULES, ImageAction(self, by.account_id or self.owner_id, destination_id))
            copy = self._copied(destination_id, name=name, description=description)
            copy.full_clean(validate_unique=False, validate_constraints=False)
            copy.save(force_insert=True)
            entry.details["new_image_id"] = copy.image_id
            if then is not None:
                entry.details["then_share_with"] = then(copy).recipient_id
        return copy

    def _copied(self, region_id: str, *, name: str, description: str) -> Image:
        """A copy that begins now, not saved yet."""
        now = timezone.now()
        moved = (self.size_gib + self.data_disk_gib) / settings.COPY_GIB_PER_SECOND
        return Image(
            owner_id=self.owner_id,
            region_id=region_id,
            name=name,
            description=description,
            copied_from=self,
            created_at=now,
            ready_at=now + timedelta(seconds=moved),
            **{column: getattr(self, column) for column in self.COPIED},
        )

    def cancel_copy(self, *, by: Actor) -> None:
        """Stop the copy that this image is being made by; what was copied so far is deleted, as ECS does.

        Raises ValidationError for an image that is not being copied, or not any more.
        """
        with action("CancelCopyImage", by=by, about=self, lock=locked(self)):
            validators.check(validators.CANCEL_COPY_RULES, self._action(by))
            super().delete()

    def fail(self, *, reason: str, by: Actor) -> None:
        """End the making of the image as failed, for a reason that its owner reads. Raises ValidationError."""
        with action("FailImage", by=by, about=self, lock=locked(self), details={"reason": reason}):
            validators.check([validators.image_is_in_progress], self._action(by))
            self.failed_at, self.failure = timezone.now(), reason
            self.full_clean(validate_unique=False, validate_constraints=False)
            self.save(update_fields=["failed_at", "failure"])
            # They are refused now, not when the copy would have been ready.
            self.planned_shares.filter(settled_at=None).update(due_at=self.failed_at)

    def _action(self, by: Actor) -> ImageAction:
        return ImageAction(self, by.account_id or self.owner_id)


@dataclass(frozen=True)
class ImageAction:
    """An action on an image that makes no row of its own. The validators ask for its parts."""

    image: Image
    owner_id: str | None
    destination_id: str = ""

    @property
    def image_is_being_copied(self) -> bool:
        return self.image.is_being_copied


@prepared_with_plan
def _copies_under_way(pk: int, now: datetime) -> models.QuerySet[Any]:
    return Image.objects.filter(copied_from=pk).in_status(Status.COPYING, now).order_by().values_list("pk")[:1]
