from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from regions.models import DEFAULT_REGION_ID, Region, every_region, name_of_region

if TYPE_CHECKING:
    from django.http import HttpRequest


def selector(request: HttpRequest) -> dict[str, object]:
    """The region selector's rows: each region and the page to show there.

    A page that is the same everywhere but for its region is kept; a page about one thing leads to the images page.
    """

    def rows() -> list[tuple[Region, str]]:
        match = request.resolver_match
        stays = match is not None and set(match.kwargs) == {"region"}
        name = match.view_name if stays else "images:custom"  # type: ignore[union-attr]
        # One URL made and nineteen written: to make one takes as long as to write twenty.
        before, _region, after = reverse(name, args=["REGION"]).partition("REGION")
        return [(region, f"{before}{region.region_id}{after}") for region in every_region()]

    region = getattr(request, "region", None)
    user = getattr(request, "user", None)
    return {
        "region": region,
        # Where the navigation leads from a page that is in no region.
        "last_region_id": region.pk if region else getattr(user, "last_region_id", None) or DEFAULT_REGION_ID,
        # A callable: a template that shows no selector asks for no regions.
        "region_rows": rows,
        "region_name": name_of_region,
    }
