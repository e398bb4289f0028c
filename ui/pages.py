"""The page of this console that a request comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from django.http import HttpRequest


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
