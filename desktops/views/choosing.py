"""How an image is chosen, for a computer or for a template."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from accounts.http import ConsoleRequest, account_of
from desktops.forms import ChooseForm
from images.elsewhere import where_image_is
from images.models import Image, ImageShare
from images.models import Status as ImageStatus
from ui.dialogs import Dialog, show
from ui.paging import Page, page_of

if TYPE_CHECKING:
    from django.http import HttpResponse, QueryDict

    from regions.models import Region

PER_PAGE = 10


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


def choose_image(
    request: ConsoleRequest,
    region: Region,
    dialog: Dialog,
    *,
    only: dict[str, Any] | None = None,
    leads_to_page: bool = False,
) -> HttpResponse:
    """The Available images that the account may use here, of one kind at a time; `only` are columns to narrow by.

    Each leads to the URL that it was asked at, with the image's ID in the query: to a page, or on in the dialog.
    """
    form = ChooseForm(request.GET)
    form.is_valid()
    missing = chosen_id(request)
    return show(
        request,
        dataclasses.replace(dialog, width=800),
        template="desktops/choose_image.jinja",
        form=form,
        page=_images(request, region, form, only or {}),
        missing=missing,
        where_missing_is=where_image_is(request, region, missing) if missing else "",
        leads_to_page=leads_to_page,
    )


def _images(request: ConsoleRequest, region: Region, form: ChooseForm, only: dict[str, Any]) -> Page:
    account, how = account_of(request), {"order": ("-id",), "size": PER_PAGE}
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
