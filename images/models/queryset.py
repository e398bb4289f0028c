from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.querysets import DeletedByVerb
from ui.paging import Count

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Account
    from images.models.image import Image  # noqa: F401 - the model of the rows
    from images.models.share import ImageShare
    from regions.models import Region


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


class ImageQuerySet(DeletedByVerb, models.QuerySet["Image"]):
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
        """Narrow to images whose `Image.status` is this one now. An unknown status narrows to nothing."""
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
        """Images that have an owner, with the locks of every action on one: of its owner, and then of the image itself.

        Neither lock stops others from referring to the row: two accounts may share with each other at once. All other
        answers of the same query are older than the locks.
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
