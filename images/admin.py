from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin import changelist_link
from audit.models import Actor, Door
from images.forms import FailForm, ShareOnBehalfForm
from images.models import Image, ImageShare, PlannedShare
from ui.admin import BigTableAdmin, DeletedByVerb, column

if TYPE_CHECKING:
    from django.db.models import QuerySet

OWNER = column("owner_id", gettext_lazy("owner"))
RECIPIENT = column("recipient_id", gettext_lazy("Shared with"))
REGION = column("region_id", gettext_lazy("region"))


class VerbAdmin(DeletedByVerb, BigTableAdmin):
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("Status"))
    def status(self, it: Any) -> str:
        return str(it.status.label)

    def _form_page(self, request: HttpRequest, form: Any, *, title: str, submit: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "submit": submit,
            "opts": self.opts,
            "form": form,
        }
        return render(request, "admin/images/action.html", context, status=422 if form.errors else 200)


@admin.register(Image)
class ImageAdmin(VerbAdmin):
    list_display = ("image_id", "name", OWNER, REGION, "os_type", "status", "encrypted", "created_at")
    search_fields = ("image_id__exact", "owner__account_id__exact")
    search_help_text = gettext_lazy("A whole image ID, or the account ID of the owner")
    fields = (
        "image_id",
        "owner",
        "region",
        "name",
        "description",
        "os_type",
        "platform",
        "size_gib",
        "data_disk_gib",
        "encrypted",
        "gpu",
        "status",
        "making",
        "source",
        "created_at",
        "ready_at",
        "edited_at",
        "failed_at",
        "failure",
        "sharing",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        return super().get_queryset(request).select_related("owner", "region", "copied_from")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        fail = self.admin_site.admin_view(self.fail_view)
        return [path("<int:image>/fail/", fail, name="images_image_fail"), *super().get_urls()]

    def fail_view(self, request: HttpRequest, image: int) -> HttpResponse:
        """End the making of an image as failed, for a reason that its owner reads."""
        if not request.user.has_perm("images.change_image"):
            raise PermissionDenied
        found = get_object_or_404(Image, pk=image)
        form = FailForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            form.attempt(lambda: found.fail(reason=reason, by=Actor.of(request, Door.ADMIN)))
            if not form.errors:
                messages.success(request, _("Image %(image)s is failed.") % {"image": found})
                return redirect("admin:images_image_change", found.pk)
        return self._form_page(request, form, title=_("Fail %(image)s") % {"image": found}, submit=_("Fail image"))

    @admin.display(description=gettext_lazy("Making"))
    def making(self, image: Image) -> str:
        if not image.in_progress:
            return "–"
        fail = reverse("admin:images_image_fail", args=[image.pk])
        return format_html('{} % · <a href="{}">{}</a>', image.progress, fail, _("Fail"))

    @admin.display(description=gettext_lazy("Copied from"))
    def source(self, image: Image) -> str:
        return str(image.copied_from or "–")

    @admin.display(description=gettext_lazy("Sharing"))
    def sharing(self, image: Image) -> str:
        share = reverse("admin:images_imageshare_add", query={"image_id": image.image_id})
        shares = changelist_link("images_imageshare", _("Shared with"), image__id=str(image.pk))
        log = changelist_link("audit_entry", _("Operation log"), q=image.image_id)
        return format_html('{} · <a href="{}">{}</a> · {}', shares, share, _("Share this image"), log)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Image | None:
        found = super().get_object(request, object_id, from_field)
        if found is not None and found.owner_id is not None:
            PlannedShare.objects.settle(found.owner_id)
        return found

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Not Django's list of what falls with it, which would be what the rules say stands against it.
        falls = [[f"{template.name} ({template})" for template in image.own_templates] for image in objs]
        return [part for image, names in zip(objs, falls, strict=True) for part in (str(image), names)], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Image) -> None:
        obj.remove(by=Actor.of(request, Door.ADMIN), with_templates=True)


@admin.register(ImageShare)
class ImageShareAdmin(VerbAdmin):
    list_display = ("image", OWNER, RECIPIENT, REGION, "created_at", "granted_by")
    fields = ("image", "owner", "recipient", "region", "created_at", "granted_by")
    search_fields = ("image__image_id__exact", "owner__account_id__exact", "recipient__account_id__exact")
    search_help_text = gettext_lazy("A whole image ID, or the account ID of the owner or of the recipient")
    list_select_related = ("image",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ImageShare], search_term: str
    ) -> tuple[QuerySet[ImageShare], bool]:
        of_account = queryset.filter(Q(owner=search_term) | Q(recipient=search_term))
        if search_term and of_account.exists():
            return of_account, False
        return super().get_search_results(request, queryset, search_term)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Share on behalf of the account that owns the image, by the same rules as its own people."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ShareOnBehalfForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
        if request.method == "POST":
            share = form.grant_on_behalf(by=Actor.of(request, Door.ADMIN))
            if share is not None:
                messages.success(
                    request,
                    _("Image %(image)s is shared with account %(account)s.")
                    % {"image": share.image, "account": share.recipient_id},
                )
                return redirect("admin:images_imageshare_changelist")
        title = _("Share an image on behalf of its owner")
        return self._form_page(request, form, title=title, submit=_("Share image"))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return [str(share) for share in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: ImageShare) -> None:
        obj.revoke(by=Actor.of(request, Door.ADMIN))
