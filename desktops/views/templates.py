from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import ConsoleRequest, account_of, fragment
from audit.models import Actor, Entry
from desktops.actions import why_not
from desktops.forms import TemplateForm, TemplateListForm
from desktops.models import Template
from desktops.views.choosing import choose_image, chosen_id, chosen_image, own_template
from ui.paging import page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpResponse

    from images.models import Image
    from regions.models import Region

HISTORY_LENGTH = 50


@require_safe
def templates(request: ConsoleRequest, region: Region) -> HttpResponse:
    form = TemplateListForm.of(request.GET)
    rows = Template.objects.owned_by(account_of(request)).in_region(region).select_related("image")
    page = page_of(form.narrow(rows), order=form.order, cursor=request.GET.get("cursor", ""), size=form.page_size)
    return render(request, fragment(request, "desktops/templates.html", "templates"), {"form": form, "page": page})


@require_safe
def template(request: ConsoleRequest, region: Region, template: str) -> HttpResponse:
    found = own_template(request, region, template)
    history = Entry.objects.of_resource(found.template_id, account_of(request).pk)[:HISTORY_LENGTH]
    context = {"template": found, "history": history}
    return render(request, fragment(request, "desktops/template.html", "template"), context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Create a template of the image of the query; without one, choose it first."""
    image = chosen_image(request, region)
    refusals = why_not("create_template", request.user)
    if request.method != "POST":
        if image is None and not refusals:
            behind = reverse("desktops:templates", args=[region.pk])
            return choose_image(request, region, title=_("Create Template"), back=behind)
        return _form(request, TemplateForm(image=image), image, refusals)
    form = TemplateForm(request.POST, image=image)
    made = form.create(account_of(request), region, chosen_id(request), by=Actor.of(request))
    if made is None:
        return _form(request, form, image, status=422)
    messages.success(request, _("Template %(name)s is created.") % {"name": made.name})
    return redirect("desktops:templates", region.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: ConsoleRequest, region: Region, template: str) -> HttpResponse:
    """Change the template; `image` in the query is another image for it, or, if empty, the wish to choose one."""
    found = own_template(request, region, template)
    image, current = chosen_image(request, region), found.image if found.image_is_usable else None
    is_incomplete = not found.image_ref and image is None
    if request.method != "POST":
        if image is None and "image" in request.GET:
            only = {"gpu": found.gpu, "os_type": found.os_type} if found.image_ref else None
            behind = reverse("desktops:template", args=[region.pk, found.template_id])
            return choose_image(request, region, title=_("Edit Template"), back=behind, subject=found.name, only=only)
        fields = ("name", "description", "desktop_type", "system_disk_gib", "data_disk_gib")
        known = {name: getattr(found, name) for name in fields if getattr(found, name) or name != "system_disk_gib"}
        form = TemplateForm(image=image or current, initial=known, is_incomplete=is_incomplete)
        return _form(request, form, image or current, why_not("edit_template", request.user), template=found)
    form = TemplateForm(request.POST, image=image or current, is_incomplete=is_incomplete)
    form.modify(found, image, chosen_id(request), by=Actor.of(request))
    if form.errors:
        return _form(request, form, image or current, template=found, status=422)
    messages.success(request, _("Template %(name)s is changed.") % {"name": found.name})
    return redirect("desktops:templates", region.pk)


def _form(
    request: ConsoleRequest,
    form: TemplateForm,
    image: Image | None,
    refusals: Sequence[str] = (),
    *,
    template: Template | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "image": image,
        "template": template,
        "refusals": refusals,
        "is_shared": image is not None and image.owner_id not in {None, account_of(request).pk},
    }
    return render(request, fragment(request, "desktops/template_form.html", "template_form"), context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: ConsoleRequest, region: Region, template: str) -> HttpResponse:
    """Ask once more, then delete."""
    found = own_template(request, region, template)
    context: dict[str, Any] = {"template": found}
    page = fragment(request, "desktops/delete_template.html", "delete_template")
    if request.method != "POST":
        return render(request, page, {**context, "refusals": why_not("delete_template", request.user)})
    try:
        found.delete(by=Actor.of(request))
    except ValidationError as refusal:
        return render(request, page, {**context, "refusals": refusal.messages}, status=422)
    messages.success(request, _("Template %(name)s is deleted.") % {"name": found.name})
    return redirect("desktops:templates", region.pk)
