"""The base of the admin site's pages: lists over big tables, filters that make no sense, deletion by a verb."""

from __future__ import annotations

from copy import copy
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from plumbing.database_errors import is_unavailable
from ui.entered import search_terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrPromise

COUNT_LIMIT = 10_000
# Django and the databases raise these errors for a filter that makes no sense.
NOT_UNDERSTOOD = (DatabaseError, DisallowedModelAdminLookup, IncorrectLookupParameters, OverflowError, ValueError)


def column(attribute: str, title: StrPromise) -> Callable[[Any], Any]:
    """A column with the ID of what a row refers to: Django knows no name for it, and joins a table for the object."""

    @admin.display(description=title)
    def value(row: Any) -> Any:
        return getattr(row, attribute)

    value.__name__ = attribute
    return value


class BoundedPaginator(Paginator):
    """Counts no further than COUNT_LIMIT rows: a list of a million opens as fast as a short one.

    A person finds the rows beyond that by searching.
    """

    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:COUNT_LIMIT].count()


class OneOrder(ChangeList):
    """Always in the order of its admin: any other would read and sort the whole table."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return self.model_admin.get_ordering(request)


class DeletedByVerb(admin.ModelAdmin):
    """Delete rows through the model's own verb (`delete_model`), one at a time, and show a refusal as a sentence."""

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's page asks. The deletion is outside its transaction, whose rollback would drop a refusal's record."""
        found = self.get_object(request, unquote(object_id)) if request.method == "POST" else None
        if found is None:
            return super().delete_view(request, object_id, extra_context)
        if not self.has_delete_permission(request, found):
            raise PermissionDenied
        known = copy(found)
        try:
            self.delete_model(request, found)
        except ValidationError as refusal:
            for sentence in refusal.messages:
                messages.error(request, sentence)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        self.log_deletions(request, [known])  # type: ignore[arg-type]
        return self.response_delete(request, str(known), known.pk)


class NarrowedAdmin(admin.ModelAdmin):
    """A list whose URL may ask for anything. A filter that the database cannot use gives a sentence, and no error."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # An expression that takes for ever is as easy to write as a wrong one.
        return not lookup.endswith("regex") and super().lookup_allowed(lookup, value, request)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            found: ChangeList = super().get_changelist_instance(request)
            # The rows are read here, not while the page is written.
            len(found.result_list)
        except (
            DatabaseError,
            DisallowedModelAdminLookup,
            IncorrectLookupParameters,
            OverflowError,
            ValueError,
        ) as error:
            # Without its filters a list has no excuse.
            if ERROR_FLAG in request.GET or is_unavailable(error):
                raise
            messages.error(request, _("The list cannot be narrowed like that. It shows all rows."))
            raise IncorrectLookupParameters from error
        return found


class BigTableAdmin(NarrowedAdmin):
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
        for lookup, term in product(self.search_fields, search_terms(search_term)):
            found = queryset.filter(**{str(lookup): term})
            if found.exists():
                return found, False
        return queryset.none(), False
