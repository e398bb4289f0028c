"""Create cloud computers: from an image, or after a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.http import ConsoleRequest, account_of
from audit.models import Actor
from desktops.actions import refusals
from desktops.forms import DesktopForm, NamesForm
from desktops.views.choosing import choose_image, chosen_id, chosen_image, entered
from desktops.views.finding import about_template, is_received, own_template
from ui.dialogs import Dialog, show
from ui.pages import page

if TYPE_CHECKING:
    from django.http import HttpResponse

    from desktops.models import Desktop, Template
    from images.models import Image
    from regions.models import Region


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Create computers from the image or after the template of the query; without either, choose an image first."""
    if "template" in entered(request):
        return _create_after_template(request, region)
    image = chosen_image(request, region)
    dialog = Dialog(
        title=_("Create Cloud Computer"),
        subject=("", "", region.name),
        back=reverse("desktops:list", args=[region.pk]),
        impossible=_("You cannot create cloud computers here."),
    )
    if request.method != "POST":
        if against := refusals("create", request.user):
            return show(request, dialog, refusals=against)
        if image is None:
            return choose_image(request, region, dialog, leads_to_page=True)
        return _form(request, region, DesktopForm(image=image), image)
    form = DesktopForm(request.POST, image=image)
    made = form.create(account_of(request), region, chosen_id(request), by=Actor.of(request))
    return _created(request, region, made) if made else _form(request, region, form, image, status=422)


def _create_after_template(request: ConsoleRequest, region: Region) -> HttpResponse:
    template = own_template(request, region, entered(request).get("template", ""))
    if request.method != "POST":
        against = refusals("create", request.user)
        if template.unavailable_because:
            against.append(str(template.unavailable_because))
        if against:
            impossible = _("You cannot create cloud computers here.")
            dialog = about_template(template, _("Create Cloud Computer"), impossible=impossible)
            return show(request, dialog, refusals=against)
        form = NamesForm(initial={"name": template.name[:60]})
        return _form(request, region, form, template.image, template=template)
    form = NamesForm(request.POST)
    made = form.create_after(template, by=Actor.of(request))
    if made:
        return _created(request, region, made)
    return _form(request, region, form, template.image, template=template, status=422)


def _form(
    request: ConsoleRequest,
    region: Region,
    form: NamesForm,
    image: Image | None,
    *,
    template: Template | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "image": image, "template": template, "is_shared": is_received(request, image)}
    return page(request, "desktops/create.jinja", context, status=status)


def _created(request: ConsoleRequest, region: Region, made: list[Desktop]) -> HttpResponse:
    if len(made) == 1:
        sentence = _("Cloud computer %(name)s is being created.")
    else:
        # A language without plural forms has one sentence for both, so both say how many.
        sentence = ngettext(
            "%(count)s cloud computer is being created.", "%(count)s cloud computers are being created.", len(made)
        )
    messages.success(request, sentence % {"name": made[0].name, "count": len(made)})
    return redirect("desktops:list", region.pk)
