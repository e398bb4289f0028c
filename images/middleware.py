from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.models import User
from audit.models import Entry
from images.models import NOTICES_SHOWN, PlannedShare, SeenNotices
from plumbing.prepared import prepared
from ui.paging import Count

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

# Besides the pages of a region: the number of shares, and the operation log.
OF_AN_ACCOUNT = ("/account/", "/logs/")


def shows_news[View: Callable[..., HttpResponse]](view: View) -> View:
    """Decorate a view whose page shows the tabs, so that the notices not seen yet are counted for it."""
    view.shows_news = True  # type: ignore[attr-defined]
    return view


class SharingNewsMiddleware:
    """Before a page of an account is shown: settle the shares that are due, and count the notices for the tabs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        if "region" not in kwargs and not request.path.startswith(OF_AN_ACCOUNT):
            return
        user = request.user
        if not isinstance(user, User) or user.account_id is None:
            return
        if not getattr(view, "shows_news", False):
            PlannedShare.objects.settle(user.account_id)
            return
        [(due, unseen)] = _news(user.pk, user.account_id, timezone.now())
        if due:
            PlannedShare.objects.settle(user.account_id)
            [(_due, unseen)] = _news(user.pk, user.account_id, timezone.now())
        request.unseen_notices = unseen  # type: ignore[attr-defined]
        if unseen:
            told = ngettext("%(count)s notice not seen yet", "%(count)s notices not seen yet", unseen)
            request.unseen_notices_told = told % {"count": unseen}  # type: ignore[attr-defined]


@prepared
def _news(user: int, account_id: str, now: datetime) -> QuerySet[Any]:
    """Whether a planned share is due, and how many notices are new, in one query of one row."""
    seen = SeenNotices.objects.filter(user=user).values("last_entry_id")
    notices = Entry.objects.notices_for(account_id).filter(
        pk__gt=Coalesce(Subquery(seen), OuterRef("joined_after_entry_id"), output_field=BigIntegerField())
    )
    due = Exists(PlannedShare.objects.due_for(account_id, now))
    return User.objects.filter(pk=user).order_by().values_list(due, Count(notices, most=NOTICES_SHOWN))
