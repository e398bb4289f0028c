from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from audit.models import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise

COUNT_LIMIT = 10_000


def column(attribute: str, title: _StrPromise) -> Callable[[Any], Any]:
    """A column with the ID of what a row refers to: Django knows no name for it, and joins a table for the object."""

    @admin.display(description=title)
    def value(row: Any) -> Any:
        return getattr(row, attribute)

    value.__name__ = attribute
    return value


class BoundedPaginator(Paginator):
    """Counts no further than COUNT_LIMIT rows: a list of a million opens as fast as a short one.

    What lies beyond is reached by searching.
    """

    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:COUNT_LIMIT].count()


class OneOrder(ChangeList):
    """Always in the order of its admin: any other would read and sort the whole table."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return self.model_admin.get_ordering(request)


class BigTableAdmin(admin.ModelAdmin):
    """A list over a table that may have a million rows: bounded count, newest first, found by exact ID."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OneOrder

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look for the term in one field after the other: each has an index, and all of them at once have none."""
        if not search_term:
            return queryset, False
        for lookup in self.search_fields:
            found = queryset.filter(**{str(lookup): search_term})
            if found.exists():
                return found, False
        return queryset.none(), False


@admin.register(Entry)
class EntryAdmin(BigTableAdmin):
    list_display = (
        "at",
        "event",
        "outcome",
        "door",
        "actor_name",
        "account_id",
        "region_id",
        "image_id",
        "resource_id",
        "other_account_id",
        "address",
    )
    search_fields = ("account_id__exact", "image_id__exact", "resource_id__exact", "request_id__exact")
    search_help_text = _("An account ID, an image, cloud computer or template ID, or a request ID, whole")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False
