"""A page acts only for the person it was made for.

In another tab of the same browser somebody else may have signed in while a page was open. Every request that a page
makes says whom the page was made for: htmx by a header (templates/base.html), forms by a field (the `csrf_token` tag),
downloads by a parameter of their link. For anybody else nothing is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import UnreadablePostError
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from eds_console.views import problem
from ui.pages import previous_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

HEADER, FIELD = "X-Page-Owner", "page_owner"


class PageOwnerMiddleware:
    """Answer requests of a page that was made for another person. It stands before all that acts or reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        owner = _owner_of_page(request)
        # The code that runs after this leads a person who has signed out meanwhile to the sign-in page.
        if not owner or not request.user.is_authenticated or owner == str(request.user.pk):
            return None
        sentence = _sentence(request.user)
        if request.headers.get("HX-Request") == "true":
            messages.warning(request, sentence)
            return HttpResponseClientRefresh()
        if request.method in {"GET", "HEAD"}:
            messages.warning(request, sentence)
            return redirect(previous_page(request) or "home")
        return problem(request, 409, _("Another person is signed in now"), sentence)


def _owner_of_page(request: HttpRequest) -> str:
    """The number of the user whom the page was made for; empty where the request comes from no page of the console."""
    if owner := request.headers.get(HEADER):
        return owner
    try:
        return (request.POST if request.method == "POST" else request.GET).get(FIELD, "")
    except UnreadablePostError:
        # The connection broke while the form was sent; Django's middleware for tokens refuses what is left of it.
        return ""


def _sentence(user: User) -> str:
    if user.account_id is None:
        told = _("You are signed in as %(name)s now. The page was made for another person, so nothing was done.")
    else:
        told = _(
            "You are signed in as %(name)s, account %(account)s, now. The page was made for another person, so nothing "
            "was done."
        )
    return told % {"name": user.username, "account": user.account_id}
