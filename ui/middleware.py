from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from ui.pages import current_page, previous_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


def console_answers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """All answers of the console have this in common, those of the admin site and error pages included.

    - No browser and no proxy stores them: they are for one person's eyes. After a sign-out the browser also forgets
      what it has stored before. Static files are answered before this, and stay in every cache.
    - One URL has two bodies, the page and its fragment.
    - A redirect that answers htmx is followed by the whole page: a sign-in form has no place inside a dialog.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        location = _told_that_it_ended(request, response.get("Location", ""))
        if location and request.headers.get("HX-Request") == "true" and response.status_code in {301, 302}:
            cookies = response.cookies
            response = HttpResponseClientRedirect(location)
            # A message about the action may be in one of them, for the next page to show.
            response.cookies = cookies
        elif location:
            response["Location"] = location
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
        response["Cache-Control"] = "no-store"
        if getattr(request, "has_signed_out", False):
            # Cookies stay: the language is one, and the session is over on the server. Storage stays, too: the admin
            # site keeps its theme there, and nothing that is private.
            response["Clear-Site-Data"] = '"cache"'
        return response

    return middleware


@receiver(user_logged_out)
def _note_sign_out(request: HttpRequest | None, **_: Any) -> None:
    if request is not None:
        request.has_signed_out = True  # type: ignore[attr-defined]


def _told_that_it_ended(request: HttpRequest, location: str) -> str:
    """Where a redirect leads. A person whose session ended behind an open page reads that at the sign-in page.

    From there they come back to that page. A request that only opens a page says nothing: a bookmark is no open page.
    """
    sign_in, page = resolve_url(settings.LOGIN_URL), None
    if not location.startswith(f"{sign_in}?"):
        return location
    if request.headers.get("HX-Request") == "true":
        page = current_page(request)
    elif request.method == "POST":
        page = previous_page(request)
    if page and not page.startswith(sign_in):
        return f"{sign_in}?{urlencode({'next': page, 'ended': '1'})}"
    return location
