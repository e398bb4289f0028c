"""A computer and its images: change the image that it has, and create an image from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import ConsoleRequest, account_of
from audit.models import Actor
from desktops.actions import refusals
from desktops.forms import ChangeImageForm, ChooseComputerForm, CreateImageForm
from desktops.models import Desktop
from desktops.views.choosing import PER_PAGE, choose_image, chosen_id, chosen_image
from desktops.views.finding import about_computer, is_received, own_computer, page_of_computer, to_page_behind
from ui.dialogs import Dialog, show
from ui.paging import page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpResponse

    from images.models import Image
    from regions.models import Region


@require_http_methods(["GET", "HEAD", "POST"])
def change_image(request: ConsoleRequest, region: Region, desktop: str) -> HttpResponse:
    """Choose the image, then say what is lost; then change it."""
    found, image = own_computer(request, region, desktop), chosen_image(request, region)
    if request.method != "POST":
        against = refusals("change_image", request.user, found)
        if image is None and not against:
            dialog = about_computer(found, _("Change Image"), width=800)
            return choose_image(request, region, dialog, only={"gpu": found.gpu})
        return _change_image(request, found, image, ChangeImageForm(), against)
    form = ChangeImageForm(request.POST)
    form.full_clean()
    replace = form.cleaned_data["replace_data_disk"]
    form.attempt(
        lambda: found.change_image(image, image_ref=chosen_id(request), replace_data_disk=replace, by=Actor.of(request))
    )
    if form.errors:
        return _change_image(request, found, image, form, status=422)
    messages.success(
        request,
        _("Cloud computer %(name)s is being rebuilt from the image %(image)s.") % {"name": found.name, "image": image},
    )
    return to_page_behind(request, page_of_computer(found))


def _change_image(
    request: ConsoleRequest,
    desktop: Desktop,
    image: Image | None,
    form: ChangeImageForm,
    against: Sequence[str] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    dialog = about_computer(
        desktop,
        _("Change Image"),
        submit=_("Change Image") if image else "",
        is_final=True,
        impossible=_("You cannot change the image of this cloud computer."),
    )
    return show(
        request,
        dialog,
        template="desktops/change_image.jinja",
        refusals=against,
        status=status,
        action=reverse("desktops:change_image", args=[desktop.region_id, desktop.desktop_id]),
        desktop=desktop,
        image=image,
        form=form,
        other_os=image is not None and image.os_type != desktop.os_type,
        is_shared=is_received(request, image),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def create_image(request: ConsoleRequest, region: Region, desktop: str) -> HttpResponse:
    """Create a custom image from the computer."""
    found = own_computer(request, region, desktop)
    dialog = about_computer(
        found,
        _("Create Image"),
        submit=_("Create"),
        impossible=_("You cannot create an image from this cloud computer now."),
    )
    template = "desktops/create_image.jinja"
    if request.method != "POST":
        against, form = refusals("create_image", request.user, found), CreateImageForm(desktop=found)
        return show(request, dialog, template=template, refusals=against, form=form, desktop=found)
    form = CreateImageForm(request.POST, desktop=found)
    image = form.create(by=Actor.of(request))
    if image is None:
        return show(request, dialog, template=template, form=form, desktop=found, status=422)
    messages.success(
        request,
        _("Image %(image)s is being created from cloud computer %(name)s.") % {"image": image, "name": found.name},
    )
    return redirect("images:image", region.pk, image.image_id)


@require_safe
def new_image(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Choose the cloud computer to create an image from: one that is Running or Stopped."""
    form = ChooseComputerForm(request.GET)
    form.is_valid()
    against = refusals("create", request.user)
    dialog = Dialog(
        title=_("Create Image"),
        subject=("", "", region.name),
        back=reverse("images:custom", args=[region.pk]),
        impossible=_("You cannot create images here."),
        width=800,
    )
    computers = Desktop.objects.owned_by(account_of(request)).in_region(region).settled()
    page = page_of(
        computers.matching(form.cleaned_data.get("q", "")).select_related("image", "latest_image"),
        order=("-id",),
        cursor=request.GET.get("cursor", ""),
        size=PER_PAGE,
    )
    template = "desktops/choose_computer.jinja"
    return show(request, dialog, template=template, refusals=against, form=form, page=page)
