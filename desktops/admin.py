from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin import ACCOUNT, changelist_link
from audit.models import Actor, Door
from desktops.models import Configuration, Desktop, Template
from images.admin import REGION, VerbAdmin

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

CONFIGURATION = (
    "account",
    "region",
    "name",
    "image_ref",
    "image_name",
    "os_type",
    "platform",
    "gpu",
    "desktop_type",
    "system_disk_gib",
    "data_disk_gib",
    "created_at",
)


class ConfigurationAdmin(VerbAdmin):
    """Support staff see what there is, and release or delete by the same rules as its account."""

    # The image's own page is reached by its ID; to join it would say nothing more.
    list_select_related = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("account", "region")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=gettext_lazy("Operation log"))
    def log(self, it: Configuration) -> str:
        image = changelist_link("images_image", _("Image"), q=it.image_ref)
        return format_html("{} · {}", image, changelist_link("audit_entry", _("Operation log"), q=str(it)))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Not Django's list of what falls with it: the rules say what stands against it.
        return [str(it) for it in objs], {}, set(), []


@admin.register(Desktop)
class DesktopAdmin(ConfigurationAdmin):
    list_display = (
        "desktop_id",
        "name",
        ACCOUNT,
        REGION,
        "image_ref",
        "desktop_type",
        "status",
        "created_at",
    )
    search_fields = ("desktop_id__exact", "account__account_id__exact")
    search_help_text = gettext_lazy("A whole cloud computer ID or account ID")
    fields = ("desktop_id", "status", *CONFIGURATION, "encrypted", "template_ref", "template_name", "settles_at", "log")

    def delete_model(self, request: HttpRequest, obj: Desktop) -> None:
        obj.release(by=Actor.of(request, Door.ADMIN))


@admin.register(Template)
class TemplateAdmin(ConfigurationAdmin):
    list_display = ("template_id", "name", ACCOUNT, REGION, "image_ref", "desktop_type", "created_at")
    search_fields = ("template_id__exact", "account__account_id__exact")
    search_help_text = gettext_lazy("A whole template ID or account ID")
    fields = ("template_id", *CONFIGURATION, "description", "updated_at", "log")

    def delete_model(self, request: HttpRequest, obj: Template) -> None:
        obj.remove(by=Actor.of(request, Door.ADMIN))
