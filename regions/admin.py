from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from regions.models import Region
from ui.admin import NarrowedAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(Region)
class RegionAdmin(NarrowedAdmin):
    """Regions are named and ordered here. A migration makes them, with the system images that each has."""

    list_display = ("region_id", "english_name", "chinese_name", "position")
    readonly_fields = ("region_id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Region | None = None) -> bool:
        return False
