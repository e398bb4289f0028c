"""Template tags of the console, known to every template."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import template
from django.template.context import Context
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext
from jinja2 import Environment
from lucide.templatetags.lucide import _render_icon

register = template.Library()


@register.simple_tag(name="lucide")
@cache
def icon(name: str, *, size: int = 24, **attributes: str) -> str:
    """An icon as inline SVG. There are some twenty, and to draw one takes as long as a row of a list."""
    return _render_icon(name, size, **attributes)


@register.simple_tag(takes_context=True)
def rows(context: Context, template_name: str) -> SafeString:
    """The rows of a list, made by a Jinja template from what the page's own template knows."""
    known: dict[Any, Any] = context.flatten()
    made = get_template(template_name, using="jinja2").render(known)
    return mark_safe(made)  # noqa: S308 - Jinja escapes as Django does


def environment(**options: Any) -> Environment:
    """What Jinja templates know: a few of Django's own words."""
    jinja = Environment(**options, trim_blocks=True)  # noqa: S701 - Django turns autoescape on
    jinja.globals.update({"_": gettext, "icon": icon, "timesince": timesince, "url": _url})
    return jinja


def _url(name: str, *arguments: str) -> str:
    return reverse(name, args=arguments)
