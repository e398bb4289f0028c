"""The list of templates, the page of one, and what is done to it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import ConsoleRequest, account_of
from accounts.preferences import page_size_of, shown_columns
from audit.models import Actor, Entry
from desktops.actions import refusals, template_reasons
from desktops.forms import TemplateForm, TemplateListForm
from desktops.models import Template
from desktops.views.choosing import choose_image, chosen_id, chosen_image
from desktops.views.finding import about_template, is_received, own_template
from ui.dialogs import Dialog, confirm, show
from ui.pages import page as answer
from ui.paging import page_of

if TYPE_CHECKING:
    from django.http import HttpResponse

    from images.models import Image
    from regions.models import Region

ROWS_SHOWN = 50
TABS = ("overview", "computers", "history")


@require_safe
def templates(request: ConsoleRequest, region: Region) -> HttpResponse:
    form = TemplateListForm.of(request.GET, page_size_of(request.user))
    rows = Template.objects.owned_by(account_of(request)).in_region(region).select_related("image")
    page = page_of(form.narrow(rows), order=form.order, cursor=request.GET.get("cursor", ""), size=form.page_size)
    context = {
        "form": form,
        "page": page,
        "row_reasons": template_reasons(request.user),
        "columns": shown_columns(request.user, "templates"),
        "why_not_create": refusals("create_template", request.user),
    }
    return answer(request, "desktops/templates.jinja", context)


@require_safe
def template(request: ConsoleRequest, region: Region, template: str) -> HttpResponse:
    """One template: its facts, the computers that were created after it, and what was done with it."""
    found, account = own_template(request, region, template), account_of(request)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else TABS[0]
    computers = found.desktops.filter(account=account)
    context: dict[str, Any] = {
        "template": found,
        "tab": tab,
        "tabs": TABS,
        "reasons": template_reasons(request.user)(found),
        "computer_count": computers.count(),
    }
    if tab == "computers":
        context["computers"] = computers.select_related("latest_image").order_by("-id")[:ROWS_SHOWN]
    elif tab == "history":
        context["history"] = Entry.objects.of_resource(found.template_id, account.pk)[:ROWS_SHOWN]
    return answer(request, "desktops/template.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Create a template of the image of the query; without one, choose it first."""
    image = chosen_image(request, region)
    if request.method != "POST":
        dialog = Dialog(
            title=_("Create Template"),
            subject=("", "", region.name),
            back=reverse("desktops:templates", args=[region.pk]),
            impossible=_("You cannot create templates here."),
        )
        if against := refusals("create_template", request.user):
            return show(request, dialog, refusals=against)
        if image is None:
            return choose_image(request, region, dialog, leads_to_page=True)
        return _form(request, TemplateForm(image=image), image)
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
        page = reverse("desktops:template", args=[region.pk, found.template_id])
        impossible = _("You cannot change this template.")
        dialog = dataclasses.replace(about_template(found, _("Edit Template"), impossible=impossible), back=page)
        if against := refusals("edit_template", request.user):
            return show(request, dialog, refusals=against)
        if image is None and "image" in request.GET:
            only = {"gpu": found.gpu, "os_type": found.os_type} if found.image_ref else None
            return choose_image(request, region, dialog, only=only, leads_to_page=True)
        fields = ("name", "description", "desktop_type", "system_disk_gib", "data_disk_gib")
        known = {name: getattr(found, name) for name in fields if getattr(found, name) or name != "system_disk_gib"}
        form = TemplateForm(image=image or current, initial=known, is_incomplete=is_incomplete)
        return _form(request, form, image or current, template=found)
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
    *,
    template: Template | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "image": image, "template": template, "is_shared": is_received(request, image)}
    return answer(request, "desktops/template_form.jinja", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: ConsoleRequest, region: Region, template: str) -> HttpResponse:
    """Say what was created after it, then delete. The name of one that is in use is typed first."""
    found = own_template(request, region, template)
    computers = found.desktops.filter(account=found.account_id).count()
    consequences = [_("This cannot be undone. No cloud computers can be created after it any more.")]
    if computers:
        go_on = ngettext(
            "%(count)s cloud computer was created after it. It goes on.",
            "%(count)s cloud computers were created after it. They go on.",
            computers,
        )
        consequences.append(go_on % {"count": computers})
    title = _("Delete Template")
    return confirm(
        request,
        about_template(
            found, title, submit=_("Delete"), is_final=True, impossible=_("You cannot delete this template."), width=480
        ),
        lambda: found.remove(by=Actor.of(request)),
        refusals=lambda: refusals("delete_template", request.user, found),
        consequences=consequences,
        type_name=found.name if computers else "",
        done=_("Template %(name)s is deleted.") % {"name": found.name},
        then=reverse("desktops:templates", args=[region.pk]),
    )
