from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.models import Entry

NOTICES_SHOWN = 20


class SeenNotices(models.Model):
    """Up to which entry of the operation log a user has seen what is shared with the account, and no longer."""

    user = models.OneToOneField(User, models.CASCADE, related_name="seen_notices", primary_key=True)
    last_entry_id = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("seen notices")
        verbose_name_plural = _("seen notices")

    def __str__(self) -> str:
        return f"{self.user}: {self.last_entry_id}"

    @classmethod
    def catch_up(cls, user: User) -> list[Entry]:
        """The first notices that the user has not seen, newest first; from now on they count as seen.

        Of more than NOTICES_SHOWN the rest is there the next time.
        """
        seen, _created = cls.objects.get_or_create(user=user, defaults={"last_entry_id": user.joined_after_entry_id})
        unseen = Entry.objects.notices_for(user.account_id or "").filter(pk__gt=seen.last_entry_id)
        notices = list(unseen.order_by("pk")[:NOTICES_SHOWN])[::-1]
        if notices:
            cls.objects.filter(pk=seen.pk).update(last_entry_id=notices[0].pk)
        return notices
