"""How views find an image, and the dialogs about one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from accounts.http import ConsoleRequest, account_of
from images.elsewhere import missing_image
from images.models import Image
from plumbing.prepared import prepared_with_plan
from ui.dialogs import Dialog
from ui.pages import current_page

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from regions.models import Region


def owns(request: ConsoleRequest, image: Image) -> bool:
    return image.owner_id == account_of(request).pk


def usable_image(request: ConsoleRequest, region: Region, image_id: str) -> Image:
    """The image of that ID if the account may use it. A stranger cannot tell another's image from none."""
    for image in _usable_by(account_of(request).pk, region.pk, image_id):
        return image
    raise missing_image(request, region, image_id)


@prepared_with_plan
def _usable_by(account_id: str, region_id: str, image_id: str) -> QuerySet[Image]:
    images = Image.objects.usable_by(account_id).in_region(region_id).with_shared_count()
    return images.filter(image_id=image_id)


def dialog_about(image: Image, title: Any, **parts: Any) -> Dialog:
    """A dialog whose subject is the image. Behind it is the list of custom images, unless `back` says otherwise."""
    subject = (image.name, image.image_id, image.region.name)
    back = parts.pop("back", "") or reverse("images:custom", args=[image.region_id])
    return Dialog(title=title, subject=subject, back=back, **parts)


def dialog_about_many(region: Region, title: str, **parts: Any) -> Dialog:
    return Dialog(title=title, subject=("", "", region.name), back=reverse("images:custom", args=[region.pk]), **parts)


def to_the_list(request: ConsoleRequest, region: Region) -> HttpResponse:
    """To the list; where the dialog was opened on it, as it was narrowed and sorted there."""
    custom = reverse("images:custom", args=[region.pk])
    path, _sign, query_text = (current_page(request) or "").partition("?")
    if path != custom:
        return redirect(custom)
    query = QueryDict(query_text, mutable=True)
    query.pop("cursor", None)
    return redirect(f"{custom}?{query.urlencode()}" if query else custom)
