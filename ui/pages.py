"""How a view answers: one template is the whole page, or for htmx the part of it that is put into the open page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PAGE, FRAGMENT, PLAIN = "layouts/page.jinja", "layouts/fragment.jinja", "layouts/plain.jinja"


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a Jinja template that begins with `{% extends layout %}`. The server picks the layout."""
    layout = FRAGMENT if request.headers.get("HX-Request") == "true" else PAGE
    return render(request, template, {**context, "layout": layout}, status=status, using="jinja2")


def behind(request: HttpRequest) -> str:
    """The path and the query of the page that a dialog was opened on; empty where the dialog is a page itself."""
    htmx = getattr(request, "htmx", None)
    path = htmx.current_url_abs_path if htmx else None
    return path if path and path.startswith("/") and not path.startswith("//") else ""
