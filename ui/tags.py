"""Template tags for the pages that packages bring: the console's frame, icons and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

from ui import icons, times

if TYPE_CHECKING:
    from datetime import datetime

    from django.template.context import Context

register = template.Library()


@register.simple_block_tag(takes_context=True)
def frame(context: Context, content: str, title: str, *, wide: bool = False) -> SafeString:
    """Put the content into the console's frame. The heading that it begins with stands above it, as on every page."""
    heading, is_there, body = content.partition("</h1>")
    known: dict[str, Any] = {
        "title": title,
        "heading": mark_safe(strip_tags(heading).strip()) if is_there else title,  # noqa: S308 - it is escaped
        "content": mark_safe(body if is_there else content),  # noqa: S308 - a template has made it
        "wide": wide,
    }
    return mark_safe(render_to_string("layouts/package.jinja", known, context["request"], using="jinja2"))  # noqa: S308


@register.simple_tag(takes_context=True, name="csrf_token")
def form_token(context: Context) -> SafeString:
    """In place of Django's tag, so that the forms of the admin site and of packages say whom their page was made for.

    Like Django's it writes nothing where a template is rendered without a request.
    """
    request = context.get("request")
    if request is None:
        return SafeString()
    return mark_safe(render_to_string("ui/token.jinja", request=request, using="jinja2"))  # noqa: S308 - our own


@register.simple_tag(name="icon")
def icon(name: str) -> SafeString:
    return mark_safe(icons.icon(name))  # noqa: S308 - our own text


@register.simple_tag(name="time")
def time_of(at: datetime) -> SafeString:
    return mark_safe(times.time_of(at))  # noqa: S308 - digits and a name
