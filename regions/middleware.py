from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.utils.translation import gettext as _

from regions.models import every_region

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class UnknownRegionError(Http404):
    """The URL names no region; the 404 page offers the list."""


class RegionMiddleware:
    """Hand a view whose URL has `<slug:region>` the Region itself, and remember it as the person's last used one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.region = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        region_id = kwargs.get("region")
        if region_id is None:
            return
        regions = {region.region_id: region for region in every_region()}
        if region_id not in regions:
            raise UnknownRegionError(_("There is no region “%(region)s”. Choose one of the list.") % kwargs)
        request.region = kwargs["region"] = regions[region_id]  # type: ignore[attr-defined]
        if request.user.is_authenticated and request.user.last_region_id != region_id:
            request.user.last_region_id = region_id
            request.user.save(update_fields=["last_region"])
