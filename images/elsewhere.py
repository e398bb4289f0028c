"""Why something is not found in a region, told to those who may know it; others read that nothing is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import account_of
from audit.models import Entry
from images.models import Image
from regions.models import every_region

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.http import ConsoleRequest
    from regions.models import Region


class NotHereError(Http404):
    """Not found, with a sentence that says why, and links (address, name, ID) to where it is found."""

    def __init__(self, title: str, sentence: str, links: Iterable[tuple[str, str, str]] = ()) -> None:
        super().__init__(sentence)
        self.title, self.links = title, list(links)


def missing_image(request: ConsoleRequest, region: Region, image_id: str) -> Http404:
    """The account can use the image in another region, or could use it until it was unshared; else it is not found."""
    account_id = account_of(request).pk
    usable = Image.objects.usable_by(account_id).filter(image_id=image_id)
    there = in_other_regions(request, region, image_id, usable.values_list("region", flat=True), "images:image")
    if isinstance(there, NotHereError):
        return there
    # The last that the operation log has about the image and this account, which knows of it only if it was shared.
    last = Entry.objects.notices_for(account_id).filter(image_id=image_id).first()
    if last is None or last.event != "UnshareImage":
        return there
    sentence = _("Account %(owner)s no longer shares the image %(image)s with your account: unshared at %(time)s UTC.")
    told = {"owner": last.account_id, "image": image_id, "time": f"{last.at:%Y-%m-%d %H:%M:%S}"}
    return NotHereError(_("No longer shared"), sentence % told)


def in_other_regions(
    request: ConsoleRequest, region: Region, thing_id: str, region_ids: Iterable[str], page: str
) -> Http404:
    """Not found, with links to the regions where the account has what has this ID. `page` is the URL of its page."""
    others = _regions(region_ids)
    if not others:
        return Http404()
    match = request.resolver_match
    # A form leads to the page of the thing, since some forms answer no GET.
    name, kwargs = page, {page.partition(":")[2]: thing_id}
    if match and request.method != "POST" and thing_id in match.kwargs.values():
        name, kwargs = match.view_name, match.kwargs
    links = [(reverse(name, kwargs={**kwargs, "region": other.pk}), other.name, other.pk) for other in others]
    return NotHereError(_("In another region"), _found_in(thing_id, region, others), links)


def where_image_is(request: ConsoleRequest, region: Region, image_id: str) -> str:
    """A sentence with the other regions where the account can use the image; empty where there are none."""
    usable = Image.objects.usable_by(account_of(request)).filter(image_id=image_id)
    others = _regions(usable.values_list("region", flat=True))
    return _found_in(image_id, region, others) if others else ""


def _regions(region_ids: Iterable[str]) -> list[Region]:
    found = set(region_ids)
    return [region for region in every_region() if region.pk in found]


def _found_in(thing_id: str, region: Region, others: list[Region]) -> str:
    return _("%(id)s is not in %(here)s. You find it in: %(regions)s.") % {
        "id": thing_id,
        "here": region.name,
        "regions": ", ".join(other.name for other in others),
    }
