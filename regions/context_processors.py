from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.urls import get_script_prefix, reverse

from regions.models import DEFAULT_REGION_ID, Region, every_region, name_of_region

if TYPE_CHECKING:
    from django.http import HttpRequest


@lru_cache(2000)
def _page_in(name: str, region_id: str, _script_prefix: str) -> str:
    """The URL of a region's page. It is kept: every page has one for each region, and to make them takes long."""
    return reverse(name, args=[region_id])


def selector(request: HttpRequest) -> dict[str, object]:
    """The region selector's rows: each region and the page to show there.

    A page that is the same everywhere but for its region is kept; a page about one thing leads to the images page.
    """

    def rows() -> list[tuple[Region, str]]:
        match = request.resolver_match
        stays = match is not None and set(match.kwargs) == {"region"}
        name = match.view_name if stays else "images:custom"  # type: ignore[union-attr]
        prefix = get_script_prefix()
        return [(region, _page_in(name, region.region_id, prefix)) for region in every_region()]

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
