"""The page of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.views.decorators.http import require_safe

from accounts.http import ConsoleRequest, account_of
from accounts.models import Account
from audit.models import Entry
from images.actions import row_reasons
from images.models import Image, Status
from images.views.finding import owns, usable_image
from ui.pages import page
from ui.paging import Count

if TYPE_CHECKING:
    from django.http import HttpResponse

    from regions.models import Region

ROWS_SHOWN = 50
# For what an account sees of an image that is not its own there are two tabs.
OWN_TABS = ("overview", "sharing", "computers", "templates", "copies", "history")
OTHER_TABS = ("overview", "computers", "templates")


@require_safe
def image(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """One image: its facts, and a tab for each thing that it has to do with."""
    found, account = usable_image(request, region, image), account_of(request)
    is_own = owns(request, found)
    tabs = OWN_TABS if is_own else OTHER_TABS
    tab = request.GET.get("tab", "")
    tab = tab if tab in tabs else tabs[0]
    computers, templates = found.desktops.filter(account=account), found.templates.filter(account=account)
    context: dict[str, Any] = {
        "image": found,
        "is_own": is_own,
        "tab": tab,
        "tabs": tabs,
        "reasons": row_reasons(request.user)(found),
        **_counts(account, computer_count=computers, template_count=templates),
    }
    if is_own:
        context |= _of_owner(found)
    if tab == "computers":
        context["computers"] = computers.order_by("-id")[:ROWS_SHOWN]
    elif tab == "templates":
        context["templates"] = templates.order_by("-id")[:ROWS_SHOWN]
    elif tab == "sharing":
        context["shares"] = found.shares.select_related("recipient").order_by("-id")[:ROWS_SHOWN]
    elif tab == "history":
        context["history"] = Entry.objects.of_image(found.image_id, account.pk)[:ROWS_SHOWN]
    return page(request, "images/image.jinja", context)


def _counts(account: Account, **things: Any) -> dict[str, int]:
    """How many there are of each, with one query."""
    counted = Account.objects.filter(pk=account.pk).values_list(*map(Count, things.values())).get()
    return dict(zip(things, counted, strict=True))


def _of_owner(image: Image) -> dict[str, Any]:
    copies = list(image.copies.select_related("region").order_by("-id")[:ROWS_SHOWN])
    # One that was refused is nothing to tell of any more where the image is shared with that account by now.
    planned = image.planned_shares.exclude(
        settled_at__isnull=False, recipient_id__in=image.shares.values("recipient")
    ).order_by("id")
    under_way = [copy for copy in copies if copy.status == Status.COPYING]
    return {
        "copies": copies,
        "copies_under_way": under_way,
        "planned_shares": planned,
    }
