from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from django.utils import timezone, translation

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


# They ask for nobody, so that they answer while the sessions cannot be read.
PROBES = frozenset({"/healthz/", "/readyz/", "/metrics/"})


def preferences(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Show each page in the language and the time zone that the person chose, whatever the browser."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info in PROBES:
            return get_response(request)
        chosen = getattr(request.user, "preferences", {})
        language, zone = chosen.get("language"), chosen.get("time_zone")
        if language and language != translation.get_language():
            translation.activate(language)
            request.LANGUAGE_CODE = language
        if not zone:
            return get_response(request)
        with timezone.override(zoneinfo.ZoneInfo(zone)):
            return get_response(request)

    return middleware
