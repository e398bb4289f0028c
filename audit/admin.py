from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.models import Entry
from ui.admin import BigTableAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest


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
