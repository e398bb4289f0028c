"""Forms of the admin site without a transaction around them.

Replaces: ModelAdmin.changeform_view and UserAdmin.add_view, which are atomic: the log entry of a refused act would go
with the rollback.
Private names: ModelAdmin._changeform_view, UserAdmin._add_view.
Goes when: Django lets an admin class say whether its forms are atomic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.admin import UserAdmin
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class NotAtomicUserAdmin(UserAdmin):
    @method_decorator(sensitive_post_parameters())
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return self._add_view(request, form_url, extra_context)  # type: ignore[attr-defined]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]
