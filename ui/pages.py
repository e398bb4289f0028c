"""How a view answers: one template is the whole page, or for htmx the part of it that is put into the open page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PAGE, FRAGMENT, PLAIN = "layouts/page.jinja", "layouts/fragment.jinja", "layouts/plain.jinja"


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a Jinja template that begins with `{% extends layout %}`. The server picks the layout."""
    layout = FRAGMENT if request.headers.get("HX-Request") == "true" else PAGE
    return render(request, template, {**context, "layout": layout}, status=status, using="jinja2")


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
