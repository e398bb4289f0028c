from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, User
from audit.models import Actor
from images import validators
from images.models.image import Image
from images.models.share import ImageShare
from plumbing.prepared import prepared_with_plan

if TYPE_CHECKING:
    from datetime import datetime


class PlannedShareQuerySet(models.QuerySet["PlannedShare"]):
    def due_for(self, account: Account | str | models.OuterRef, now: datetime) -> PlannedShareQuerySet:
        """Those that concern this account: as the owner of the copy, or as the one to share it with."""
        return self.filter(
            Q(owner=account) | Q(recipient_id=getattr(account, "pk", account)), settled_at=None, due_at__lte=now
        ).order_by("due_at", "id")

    def settle(self, account: Account | str) -> None:
        for planned in _due(account if isinstance(account, str) else account.pk, timezone.now()):
            planned.settle()


class PlannedShare(models.Model):
    """A plan to share a copy as soon as it is ready. The seed page makes people do this by hand.

    Nothing runs in the background. The share is settled when its owner or its recipient comes to look, before they see
    it. Nobody else sees it, so nobody can tell that it was not settled until then.
    """

    image = models.ForeignKey(Image, models.CASCADE, related_name="planned_shares", verbose_name=_("copy"))
    # The owner of the image, repeated here for an index: every request asks whether something is due.
    owner = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("owner"), db_index=False)
    recipient_id = models.CharField(_("account"), max_length=16)
    by = models.JSONField(_("planned by"), editable=False)
    due_at = models.DateTimeField(_("due"))
    settled_at = models.DateTimeField(_("settled"), null=True)
    refusal = models.TextField(_("refusal"), blank=True)
    # The refusal in each language of the console: the person who settles the share is not the only one who reads it.
    refusals = models.JSONField(_("refusal"), default=dict, db_default=models.Value({}, models.JSONField()), blank=True)

    objects = PlannedShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned share")
        verbose_name_plural = _("planned shares")
        indexes = [
            models.Index(fields=["owner", "due_at"], condition=Q(settled_at=None), name="planned_share_due_by"),
            models.Index(fields=["recipient_id", "due_at"], condition=Q(settled_at=None), name="planned_share_due_to"),
        ]

    def __str__(self) -> str:
        return f"{self.image} → {self.recipient_id}"

    @property
    def reason(self) -> str:
        """The text of the refusal, in the language of its reader; empty if nothing was refused."""
        return str(self.refusals.get(translation.get_language(), self.refusal))

    @classmethod
    def plan(cls, image: Image, recipient_id: str, *, confirmed: bool | None = None, by: Actor) -> PlannedShare:
        """Plan to share the copy, in the transaction that starts it.

        Raises ValidationError for what can be known to be wrong already; the rest is for when the copy is ready.
        """
        share = ImageShare(image=image, owner=image.owner, recipient_id=recipient_id.strip())
        validators.check_all(
            lambda: validators.check(validators.PLAN_RULES, share),
            lambda: validators.information_was_read(confirmed),
        )
        planned_by = dataclasses.asdict(by)
        return cls.objects.create(
            image=image, owner=image.owner, recipient_id=share.recipient_id, by=planned_by, due_at=image.ready_at
        )

    @property
    def planner(self) -> Actor:
        """The person who planned it, with the rights that they have now: none, if they may not sign in any more."""
        by = Actor(**self.by)
        if not by.user_id:
            return by
        user = User.objects.filter(pk=by.user_id, is_active=True, account__is_active=True).first()
        return dataclasses.replace(by, may_write=user is not None and user.may_write)

    def settle(self) -> None:
        """Share the copy in its planner's name, by the rules as they are now. If they refuse it, keep their sentences.

        The share is dated from the moment when the copy was ready, no matter who comes to look, or when.
        """
        with transaction.atomic():
            # The order of every action: first the account, then what is under it.
            Account.objects.select_for_update(no_key=True).get(pk=self.owner_id)
            planned = PlannedShare.objects.select_for_update().filter(pk=self.pk, settled_at=None).first()
            if planned is None:
                return
            share = ImageShare(image=planned.image, recipient_id=planned.recipient_id, created_at=planned.due_at)
            try:
                share.grant(by=planned.planner)
            except ValidationError as refusal:
                planned._keep(refusal)
            except PermissionDenied:
                sentence = _("%(user)s, who planned it, may not share images any more.")
                planned._keep(ValidationError(sentence, params={"user": planned.by["name"]}))
            planned.settled_at = timezone.now()
            planned.save(update_fields=["settled_at", "refusal", "refusals"])

    def _keep(self, refusal: ValidationError) -> None:
        """Keep what a refusal says, in each language."""
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                self.refusals[language] = " ".join(refusal.messages)
        self.refusal = self.refusals[settings.LANGUAGE_CODE]


@prepared_with_plan
def _due(account_id: str, now: datetime) -> PlannedShareQuerySet:
    return PlannedShare.objects.due_for(account_id, now)
