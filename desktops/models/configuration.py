"""The base of cloud computers and templates, with the frame of every action on one."""

from __future__ import annotations

import secrets
import string
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from audit.actions import action, is_part_of_more
from desktops.catalogue import TYPES
from images.models import Image, OsType
from regions.models import Region

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.actions import ActionEntry
    from audit.models import Actor
    from desktops.catalogue import DesktopType


def new_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(17))


class Configuration(models.Model):
    """The image, the type and the disks that a computer has, or that a template gives to computers. Sizes are GiB.

    An image may be deleted by its owner while computers and templates of it remain. So what they need of it is copied
    here, its ID and name (`image_ref`, `image_name`) too, and `image` is then empty.
    """

    account = models.ForeignKey(
        Account,
        models.PROTECT,
        editable=False,
        related_name="%(class)ss",
        verbose_name=_("account"),
        db_index=False,
    )
    region = models.ForeignKey(
        Region, models.PROTECT, editable=False, related_name="+", verbose_name=_("region"), db_index=False
    )
    image = models.ForeignKey(
        Image, models.SET_NULL, null=True, editable=False, related_name="%(class)ss", verbose_name=_("image")
    )
    image_ref = models.CharField(_("image ID"), max_length=64, editable=False)
    image_name = models.CharField(_("image name"), max_length=128, editable=False)
    os_type = models.CharField(_("OS"), max_length=16, choices=OsType, editable=False)
    platform = models.CharField(_("platform"), max_length=64, editable=False)
    gpu = models.BooleanField(_("GPU"), default=False, editable=False)
    desktop_type = models.CharField(_("cloud computer type"), max_length=64)
    system_disk_gib = models.PositiveIntegerField(_("system disk (GiB)"))
    data_disk_gib = models.PositiveIntegerField(_("data disk (GiB)"), default=0)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        abstract = True

    # The name of the field with the ID that people and programs know it by.
    ID_FIELD = ""
    NOT_FOUND = _("There is none such any more. It may have been deleted.")
    # The rules speak of these in better sentences and with fewer queries.
    NOT_CLEANED = ("account", "region", "image", "image_ref", "image_name", "os_type", "platform", "desktop_type")

    def __str__(self) -> str:
        return str(getattr(self, self.ID_FIELD))

    @property
    def kind(self) -> DesktopType | None:
        return TYPES.get(self.desktop_type)

    @property
    def is_linux(self) -> bool:
        return self.os_type == OsType.LINUX

    def clean_fields(self, exclude: Any = None) -> None:
        super().clean_fields(exclude={*(exclude or ()), *self.NOT_CLEANED})

    @property
    def image_name_now(self) -> str:
        """The image's name. What another account calls its image now may be no business of this one any more, so that
        keeps the name that it had when it was taken, as an image that is gone does."""
        if self.image is not None and self.image.owner_id in {None, self.account_id}:
            return self.image.name
        return self.image_name

    def set_image(self, image: Image) -> None:
        """Have this image from now on, and remember what one must know of it when it is gone."""
        self.image = image
        self.image_ref, self.image_name = image.image_id, image.name
        self.os_type, self.platform, self.gpu = image.os_type, image.platform, image.gpu

    def log_columns(self) -> dict[str, Any]:
        return {
            "account_id": self.account_id or "",
            "region_id": self.region_id,
            "image_id": self.image_ref or (self.image.image_id if self.image else ""),
            "resource_id": str(self) if self.pk else "",
        }

    @contextmanager
    def recorded_action(
        self, event: str, *, by: Actor, image: Image | None = None, **details: Any
    ) -> Iterator[ActionEntry]:
        """Do one action on the computer or the template, under the locks of `_locked`.

        `image` is the image that the action uses. A refusal leaves the object as its row is.
        """
        columns = {"image_id": image.image_id} if image else {}
        lock = self._locked(by, image)
        # Inside of a larger transaction nothing can be read after a refusal.
        is_read_again = self.pk is not None and not is_part_of_more()
        try:
            with action(event, by=by, about=self, lock=lock, columns=columns, details=details) as entry:
                yield entry
        except ValidationError:
            if is_read_again:
                with suppress(ObjectDoesNotExist):
                    self.refresh_from_db()
            raise

    @contextmanager
    def _locked(self, by: Actor, image: Image | None) -> Iterator[None]:
        """Lock the image that the action uses, then the row, and have both as they are under the locks.

        Sharing, unsharing and deleting lock the account that owns the image, then the image. So nobody may lock an
        account inside this, and whether the image is usable stays true until the commit.
        """
        if image is not None:
            # The rules refuse an image that is gone.
            with suppress(Image.DoesNotExist):
                image.refresh_from_db(from_queryset=Image.objects.select_for_update(no_key=True))
        if self.pk is not None:
            rows = type(self)._default_manager.select_for_update(no_key=True)
            try:
                self.refresh_from_db(from_queryset=rows.filter(account=by.account_id) if by.account_id else rows)
            except ObjectDoesNotExist:
                raise ValidationError(self.NOT_FOUND, code=f"{self._meta.model_name}_not_found") from None
        yield
