from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import ACCOUNT_ID, Account
from audit.actions import action
from audit.models import Actor
from audit.querysets import DeletedByVerb
from images import validators
from images.models.image import Image
from images.models.locks import locked
from images.models.queryset import Status
from plumbing import prepared
from regions.models import Region
from ui.paging import Count

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class ImageShareQuerySet(DeletedByVerb, models.QuerySet["ImageShare"]):
    def granted_by(self, account: Account | str) -> ImageShareQuerySet:
        return self.filter(owner=account)

    def received_by(self, account: Account | str) -> ImageShareQuerySet:
        return self.filter(recipient=account)

    def in_region(self, region: Region | str) -> ImageShareQuerySet:
        return self.filter(region=region)


class ImageShare(models.Model):
    """A share: an account lets another account use one of its images.

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
        """The effects of unsharing on the recipient, a sentence each: the page's rules, with how many it hits now."""
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
    def facts(self) -> ShareFacts:
        """The facts that the rules need, before the share is granted. They stay true under the owner's lock."""
        return facts_of(self)

    def expect_before(self, number: int) -> None:
        """Ask the rules as if the owner had granted so many other shares before this one."""
        self.facts = self.facts._replace(granted_by_owner=self.facts.granted_by_owner + number)

    @property
    def image_is_being_copied(self) -> bool:
        return self.facts.image_is_being_copied

    def log_columns(self) -> dict[str, Any]:
        columns = self.image.log_columns() if self.image_id else {}
        details = {"image_name": self.image.name} if self.image_id else {}
        return {**columns, "other_account_id": self.recipient_id or "", "details": details}

    def clean_fields(self, exclude: Iterable[str] | None = None) -> None:
        # The rules speak of the relations, in better sentences and with fewer queries.
        super().clean_fields(exclude={*(exclude or ()), "image", "owner", "recipient", "region"})

    def clean(self) -> None:
        self.check_rules()

    def check_rules(self, *, confirmed: bool | None = None) -> None:
        """Run the rules of the seed page. An image that cannot be shared at all is said before anything else.

        `confirmed` is whether the person who shares ticked the check box; None where a program shares.
        """
        if self.image_id is None:
            raise ValidationError({"image": ValidationError(_("There is no such image."), code="image_not_found")})
        if self.owner_id is None and self.image.owner_id is not None:
            self.owner_id = self.image.owner_id
        self.region_id = self.image.region_id
        self.recipient_id = (self.recipient_id or "").strip()
        validators.check(validators.SHAREABLE_RULES, self)
        validators.check_all(
            lambda: validators.check(validators.SHARE_RULES, self),
            lambda: validators.information_was_read(confirmed),
        )

    def grant(
        self,
        *,
        by: Actor = Actor(),  # noqa: B008 - frozen
        confirmed: bool | None = None,
        owner: Account | None = None,
    ) -> None:
        """Share the image: every rule, the row and the log entry in one transaction.

        Raises ValidationError when a rule refuses; the refusal is in the log, and nothing is shared. `owner` is for
        a caller that has the locks: see `images.models.locks`.
        """
        if not self._state.adding:
            raise ValidationError(_("A share cannot be changed. Unshare the image and share it again."), code="fixed")
        if self.image_id is not None:
            self.owner_id = by.account_id or self.image.owner_id  # type: ignore[assignment]
        has_no_lock = self.image_id is not None and owner is None
        lock = locked(self.image) if has_no_lock else nullcontext(owner)
        with action("ShareImage", by=by, about=self, lock=lock) as entry:
            if entry.locked and entry.locked.pk == self.owner_id:
                self.owner = entry.locked
            if has_no_lock:
                # The facts may be older than the lock, so they are asked again.
                self.__dict__.pop("facts", None)
            self.check_rules(confirmed=confirmed)
            self.granted_by = by.name
            prepared.insert(self)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Revoke the share in the name of the command line."""
        self.revoke()
        return 1, {"images.ImageShare": 1}

    def revoke(self, *, by: Actor = Actor(), owner: Account | None = None) -> None:  # noqa: B008 - frozen
        """Unshare the image: the recipient can use it no more from this moment on.

        Raises ValidationError (code `not_shared`) when somebody else unshared it first. `owner` is for a caller that
        has the locks: see `images.models.locks`.
        """
        lock = locked(self.image) if owner is None else nullcontext(owner)
        with action("UnshareImage", by=by, about=self, lock=lock):
            if not prepared.delete(self):
                raise not_shared(self.recipient_id)


def not_shared(recipient_id: str) -> ValidationError:
    """The refusal of an unshare that somebody else was faster with."""
    sentence = _("This image is not shared with account %(account)s any more.")
    return ValidationError(sentence, code="not_shared", params={"account": recipient_id})


@prepared.prepared_with_plan
def shares_of(image: int) -> ImageShareQuerySet:
    """The shares of an image, the oldest first."""
    return ImageShare.objects.filter(image=image).order_by("pk")


class ShareFacts(NamedTuple):
    """The facts that the rules of sharing ask of the database, all of them with one query."""

    recipient_is_active: bool
    is_shared: bool
    image_is_being_copied: bool
    granted_by_owner: int


def facts_of(share: ImageShare) -> ShareFacts:
    """Ask the database for the facts of a share. A rule that needs another one adds it here and to `_facts`."""
    recipient_id = share.recipient_id if re.fullmatch(ACCOUNT_ID, share.recipient_id or "") else ""
    [row] = _facts(share.owner_id, share.image_id, recipient_id, timezone.now())
    return ShareFacts(*row)


@prepared.prepared_with_plan
def _facts(owner: str, image: int, recipient: str, now: datetime) -> models.QuerySet[Any]:
    shares = ImageShare.objects.all()
    facts = {
        "recipient_is_active": models.Exists(Account.objects.filter(pk=recipient, is_active=True)),
        "is_shared": models.Exists(shares.filter(image=image, recipient=recipient)),
        "image_is_being_copied": models.Exists(Image.objects.filter(copied_from=image).in_status(Status.COPYING, now)),
        "granted_by_owner": Count(shares.granted_by(owner)),
    }
    return Account.objects.filter(pk=owner).values_list(*(facts[name] for name in ShareFacts._fields))
