"""How views find a computer or a template, and the dialogs about one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect
from django.urls import reverse

from accounts.http import ConsoleRequest, account_of
from desktops.models import Desktop, Template
from images.elsewhere import in_other_regions
from ui.dialogs import Dialog
from ui.pages import current_page

if TYPE_CHECKING:
    from django.http import HttpResponse

    from images.models import Image
    from regions.models import Region


def own_computer(request: ConsoleRequest, region: Region, desktop_id: str) -> Desktop:
    """The account's computer of that ID. A stranger cannot tell another's computer from none."""
    own = Desktop.objects.owned_by(account_of(request)).filter(desktop_id=desktop_id)
    for desktop in own.in_region(region).select_related("image", "latest_image", "region"):
        return desktop
    raise in_other_regions(request, region, desktop_id, own.values_list("region", flat=True), "desktops:desktop")


def own_template(request: ConsoleRequest, region: Region, template_id: str) -> Template:
    """The account's template of that ID. A stranger cannot tell another's template from none."""
    # PostgreSQL has no NUL, and no template's ID has one.
    template_id = template_id.replace("\0", "")
    own = Template.objects.owned_by(account_of(request)).filter(template_id=template_id)
    for template in own.in_region(region).select_related("image", "region"):
        return template
    raise in_other_regions(request, region, template_id, own.values_list("region", flat=True), "desktops:template")


def page_of_computer(desktop: Desktop) -> str:
    return reverse("desktops:desktop", args=[desktop.region_id, desktop.desktop_id])


def about_computer(desktop: Desktop, title: Any, **parts: Any) -> Dialog:
    """A dialog whose subject is the computer; its page is behind it. One without a name is called by its ID, once."""
    name = desktop.name if desktop.name != desktop.desktop_id else ""
    subject = (name, desktop.desktop_id, desktop.region.name)
    return Dialog(title=title, subject=subject, back=page_of_computer(desktop), **parts)


def about_template(template: Template, title: Any, **parts: Any) -> Dialog:
    """A dialog whose subject is the template; the list of templates is behind it."""
    subject = (template.name, template.template_id, template.region.name)
    return Dialog(title=title, subject=subject, back=reverse("desktops:templates", args=[template.region_id]), **parts)


def is_received(request: ConsoleRequest, image: Image | None) -> bool:
    """Whether another account shares the image with this one."""
    return image is not None and image.owner_id not in {None, account_of(request).pk}


def to_page_behind(request: ConsoleRequest, otherwise: str) -> HttpResponse:
    """To the page that the dialog was opened on. Without htmx the dialog was a page, and nothing is behind it."""
    return redirect(current_page(request) or otherwise)
