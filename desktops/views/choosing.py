"""How an image is chosen, and what the views of computers and templates have in common."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from accounts.http import ConsoleRequest, account_of, fragment
from desktops.forms import ChooseForm
from desktops.models import Template
from images.elsewhere import in_other_regions, where_image_is
from images.models import Image, ImageShare
from images.models import Status as ImageStatus
from ui.paging import Page, page_of

if TYPE_CHECKING:
    from django.http import HttpResponse, QueryDict

    from regions.models import Region

IMAGES_PER_PAGE = 10


def entered(request: ConsoleRequest) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET


def chosen_id(request: ConsoleRequest) -> str:
    """The image ID of the query or of the form, which may be anything."""
    return entered(request).get("image", "").replace("\0", "")


def chosen_image(request: ConsoleRequest, region: Region) -> Image | None:
    """The chosen image if the account may use it in the region now."""
    images = Image.objects.usable_by(account_of(request)).in_region(region)
    image_id = chosen_id(request)
    return images.filter(image_id=image_id).first() if image_id else None


def own_template(request: ConsoleRequest, region: Region, template_id: str) -> Template:
    """The account's template of that ID. A stranger cannot tell another's template from none."""
    own = Template.objects.owned_by(account_of(request)).filter(template_id=template_id)
    for template in own.in_region(region).select_related("image"):
        return template
    raise in_other_regions(request, region, template_id, own.values_list("region", flat=True), "desktops:template")


def choose_image(
    request: ConsoleRequest,
    region: Region,
    *,
    title: str,
    back: str,
    subject: str = "",
    only: dict[str, Any] | None = None,
) -> HttpResponse:
    """The Available images that the account may use here, of one kind at a time; `only` are columns to narrow by.

    Each leads to the URL that it was asked at, with the image's ID in the query. `back` is the URL of the page behind.
    """
    form = ChooseForm(request.GET)
    form.is_valid()
    missing = chosen_id(request)
    context = {
        "title": title,
        "subject": subject,
        "back": back,
        "form": form,
        "page": _images(request, region, form, only or {}),
        "missing": missing,
        "where_missing_is": where_image_is(request, region, missing) if missing else "",
    }
    return render(request, fragment(request, "desktops/choose_image.html", "choose_image"), context)


def _images(request: ConsoleRequest, region: Region, form: ChooseForm, only: dict[str, Any]) -> Page:
    account, how = account_of(request), {"order": ("-id",), "size": IMAGES_PER_PAGE}
    cursor = request.GET.get("cursor", "")
    images = Image.objects.in_region(region).in_status(ImageStatus.AVAILABLE).filter(**only)
    images = images.none() if form.mistakes else images.matching(form.cleaned_data["q"])
    if form.kind_chosen == "shared":
        # From the shares' index, newest share first, like the Shared Image tab.
        shares = ImageShare.objects.received_by(account).in_region(region).filter(image__in=images)
        page = page_of(shares.select_related("image"), cursor=cursor, **how)  # type: ignore[arg-type]
        return dataclasses.replace(page, rows=[share.image for share in page.rows])
    images = images.system() if form.kind_chosen == "system" else images.owned_by(account)
    return page_of(images, cursor=cursor, **how)  # type: ignore[arg-type]
