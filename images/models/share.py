from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

import audit.models as audit
from accounts.models import ACCOUNT_ID, Account
from audit.models import Actor
from images import validators
from images.models.image import Image, Status, act
from plumbing import prepared
from regions.models import Region
from ui.paging import Count

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


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

    @property
    def consequences(self) -> list[str]:
        """What unsharing means for the recipient, a sentence each: the page's rules, with how many it hits now."""
        templates = self.image.templates.filter(account=self.recipient_id).count()
        computers = self.image.desktops.filter(account=self.recipient_id).count()
        return [
            str(_("The account no longer finds the image, neither in the console nor through the API.")),
            str(_("It can no longer create cloud computers from the image.")),
            str(_("It can no longer change a cloud computer's image to this one.")),
            ngettext(
                "Its templates that are made from the image become unavailable. It must delete them by hand. Now there "
                "is %(count)s.",
                "Its templates that are made from the image become unavailable. It must delete them by hand. Now there "
                "are %(count)s.",
                templates,
            )
            % {"count": templates},
            ngettext(
                "Its cloud computers that were created from the image go on. Now there is %(count)s.",
                "Its cloud computers that were created from the image go on. Now there are %(count)s.",
                computers,
            )
            % {"count": computers},
        ]

    @cached_property
    def standing(self) -> Standing:
        """How things stand before the share is granted. Under the owner's lock they stay so."""
        recipient_id = self.recipient_id if re.fullmatch(ACCOUNT_ID, self.recipient_id or "") else ""
        [standing] = _standing(self.owner_id, self.image_id, recipient_id, timezone.now())
        return Standing(*standing)

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
        if self.owner_id is not None:
            self.image.is_being_copied = self.standing.image_is_being_copied
        validators.check(validators.SHAREABLE_RULES, self)
        validators.check(validators.SHARE_RULES, self)

    def grant(self, *, by: Actor = Actor(), owner: Account | None = None) -> None:  # noqa: B008 - frozen
        """Share the image: every rule, the row and the audit entry in one transaction.

        Raises ValidationError when a rule refuses; the refusal is in the audit, and nothing is shared. `owner` is for
        a caller that has the locks: see `act`.
        """
        if not self._state.adding:
            raise ValidationError(_("A share cannot be changed. Unshare the image and share it again."), code="fixed")
        if self.image_id is None:
            audit.record("ShareImage", by=by, outcome="image_not_found", other_account_id=self.recipient_id or "")
            self.clean()
        self.owner_id = by.account_id or self.image.owner_id  # type: ignore[assignment]
        with act("ShareImage", self.image, by=by, owner=owner, other_account_id=self.recipient_id) as ongoing:
            ongoing.details["image_name"] = self.image.name
            if ongoing.owner and ongoing.owner.pk == self.owner_id:
                self.owner = ongoing.owner
            if owner is None:
                # Whatever was asked before the lock.
                self.__dict__.pop("standing", None)
            self.full_clean(validate_unique=False, validate_constraints=False)
            self.granted_by = by.name
            prepared.insert(self)

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        self.revoke()
        return 1, {"images.ImageShare": 1}

    def revoke(self, *, by: Actor = Actor(), owner: Account | None = None) -> None:  # noqa: B008 - frozen
        """Unshare the image: the recipient can use it no more from this moment on.

        Raises ValidationError (code `not_shared`) when somebody else unshared it first. `owner` is for a caller that
        has the locks: see `act`.
        """
        with act("UnshareImage", self.image, by=by, owner=owner, other_account_id=self.recipient_id) as ongoing:
            ongoing.details["image_name"] = self.image.name
            if not prepared.delete(self):
                raise not_shared(self.recipient_id)


def not_shared(recipient_id: str) -> ValidationError:
    """What is said to who unshares what somebody else unshared first."""
    sentence = _("This image is not shared with account %(account)s any more.")
    return ValidationError(sentence, code="not_shared", params={"account": recipient_id})


@prepared.prepared_with_plan
def shares_of(image: int) -> ImageShareQuerySet:
    """The shares of an image, the oldest first."""
    return ImageShare.objects.filter(image=image).order_by("pk")


class Standing(NamedTuple):
    """What the rules of sharing ask the database about, all of it with one query."""

    recipient_is_active: bool
    is_shared: bool
    image_is_being_copied: bool
    granted_by_owner: int


@prepared.prepared_with_plan
def _standing(owner: str, image: int, recipient: str, now: datetime) -> models.QuerySet[Any]:
    copies = Image.objects.filter(copied_from=image).in_status(Status.COPYING, now)
    shares = ImageShare.objects.all()
    return Account.objects.filter(pk=owner).values_list(
        models.Exists(Account.objects.filter(pk=recipient, is_active=True)),
        models.Exists(shares.filter(image=image, recipient=recipient)),
        models.Exists(copies),
        Count(shares.granted_by(owner)),
    )
