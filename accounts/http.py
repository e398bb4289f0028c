from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from accounts.models import Account, User


class ConsoleRequest(HttpRequest):
    """A request of someone who is signed in, with what the middleware adds."""

    user: User
    htmx: HtmxDetails
    request_id: str
    unseen_notices: int
    # Their number as a sentence, where there are some.
    unseen_notices_told: str


def account_of(request: ConsoleRequest) -> Account:
    """The account that is acted for. Raises PermissionDenied for support staff, who have none."""
    if request.user.account is None:
        raise PermissionDenied(_("You belong to no account. Support staff work on the admin site."))
    return request.user.account


def fragment(request: ConsoleRequest, template: str, name: str) -> str:
    """One URL serves the page and, to htmx, the fragment of it that htmx puts in its place."""
    return f"{template}#{name}" if request.htmx else template


def current_page(request: HttpRequest) -> str | None:
    """The page that htmx sent the request from, as a path of this console."""
    return _own_path(request, request.headers.get("HX-Current-URL", ""))


def previous_page(request: HttpRequest) -> str | None:
    """The page that a link or a form of this console was on, as a path of this console."""
    return _own_path(request, request.headers.get("Referer", ""))


def _own_path(request: HttpRequest, url: str) -> str | None:
    """The path and query of a URL of this console; None for any other.

    A path such as //example.com is another host to a browser, so it counts as such.
    """
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return None
    parts = urlsplit(url)
    path = urlunsplit(("", "", parts.path, parts.query, ""))
    return path if path.startswith("/") and url_has_allowed_host_and_scheme(path, None) else None
