from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import resolve_url
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


def console_answers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """What every page of the console has in common: one URL has two bodies, and both are for one person's eyes.

    A redirect that answers htmx is followed by the whole page: a sign-in form has no place inside a dialog.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.headers.get("HX-Request") == "true" and response.status_code in {301, 302}:
            cookies = response.cookies
            response = HttpResponseClientRedirect(_leading_back(request, response["Location"]))
            # What was said of the act is in one of them, for the next page to show.
            response.cookies = cookies
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return middleware


def _leading_back(request: HttpRequest, location: str) -> str:
    """Whose session has ended with a page open is told so at the sign-in, and then comes back to that page."""
    # A middleware that redirects before that of htmx leaves none.
    htmx = getattr(request, "htmx", None)
    sign_in, page = resolve_url(settings.LOGIN_URL), htmx.current_url_abs_path if htmx else None
    if page and location.startswith(f"{sign_in}?") and not page.startswith(sign_in):
        return f"{sign_in}?{urlencode({'next': page, 'ended': 1})}"
    return location
