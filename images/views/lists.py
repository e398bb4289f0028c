"""The tabs of the Images page."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.views.decorators.http import require_safe

from accounts.http import ConsoleRequest, account_of
from accounts.preferences import page_size_of, shown_columns
from audit.actions import READ_ONLY_MESSAGE
from images.actions import row_reasons
from images.forms import CustomImageListForm, ImageListForm
from images.middleware import shows_news
from images.models import Image, ImageShare, SeenNotices
from plumbing.prepared import Prepared, prepared
from ui.pages import page as answer
from ui.paging import Position, UncountedLists, page_at, page_of, rows_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from images.models.image import ImageQuerySet
    from regions.models import Region

TABS: dict[str, Callable[[str], ImageQuerySet]] = {
    "custom": lambda account_id: Image.objects.owned_by(account_id).with_shared_count(),
    "system": lambda account_id: Image.objects.system(),
}


_uncounted = UncountedLists()


@require_safe
@shows_news
def custom(request: ConsoleRequest, region: Region) -> HttpResponse:
    return _list(request, region, "custom", account_of(request).pk)


@require_safe
@shows_news
def system(request: ConsoleRequest, region: Region) -> HttpResponse:
    return _list(request, region, "system")


def _list(request: ConsoleRequest, region: Region, tab: str, account_id: str = "") -> HttpResponse:
    form_class = CustomImageListForm if tab == "custom" else ImageListForm
    form, cursor = form_class.of(request.GET, page_size_of(request.user)), request.GET.get("cursor", "")
    order, size = form.order, form.page_size
    if form.is_narrowed:
        images = form.narrow(TABS[tab](account_id).in_region(region))
        page = page_of(images, order=order, cursor=cursor, size=size)
    else:
        whole = tab, account_id, region.pk
        counts = whole not in _uncounted

        def read(position: Position) -> list[Image]:
            rows = _rows(tab, order, size, position.backwards, bool(position.values), counts)
            return rows(account_id, region.pk, *position.values)

        page = page_at(cursor, read, model=Image, order=order, size=size)
        if page.total_is_bounded:
            _uncounted.note(whole)
    context = {
        "tab": tab,
        "form": form,
        "page": page,
        "row_reasons": row_reasons(request.user),
        "columns": shown_columns(request.user, "images"),
        "read_only": "" if request.user.may_write else READ_ONLY_MESSAGE,
    }
    return answer(request, "images/list.jinja", context)


@cache
def _rows(
    tab: str, order: tuple[str, ...], size: int, backwards: bool, is_beyond: bool, counts: bool
) -> Prepared[Image]:
    """The query of `rows_at`, for each of the few orders and sizes that ListForm knows."""

    def rows(account_id: str, region_id: str, *values: Any) -> QuerySet[Image]:
        images = TABS[tab](account_id).in_region(region_id)
        return rows_at(Position(values, backwards), images, order=order, size=size, counts=counts)

    return prepared(rows, values=2 + len(order) * is_beyond)


@require_safe
@shows_news
def shared(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Shared with me and shared by me, each with a cursor of its own."""
    form, account = ImageListForm.of(request.GET, page_size_of(request.user)), account_of(request)
    received = ImageShare.objects.received_by(account).in_region(region).select_related("image")
    granted = ImageShare.objects.granted_by(account).in_region(region)
    by_me = Image.objects.owned_by(account).in_region(region).filter(pk__in=granted.values("image"))
    context = {
        "tab": "shared",
        "form": form,
        "with_me": page_of(
            form.narrow_shares(received), order=("-id",), cursor=request.GET.get("cursor", ""), size=form.page_size
        ),
        "by_me": page_of(
            form.narrow(by_me.with_shared_count()),
            order=("-id",),
            cursor=request.GET.get("by_me", ""),
            size=form.page_size,
            parameter="by_me",
        ),
    }
    # The fragment, for a search, has no place for them; and what is only asked for its head is not read.
    if request.unseen_notices and request.method == "GET" and not request.htmx:
        context["notices"] = SeenNotices.catch_up(request.user)
    return answer(request, "images/shared.jinja", {**context, "row_reasons": row_reasons(request.user)})
