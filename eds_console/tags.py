"""Template tags of the console, known to every template."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.template.defaulttags import querystring
from django.template.loader import get_template
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import get_language, get_language_info, gettext
from jinja2 import Environment
from lucide.templatetags.lucide import _render_icon

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

register = template.Library()


@register.simple_tag(name="lucide")
@cache
def icon(name: str, *, size: int = 24, **attributes: str) -> str:
    """An icon as inline SVG. There are some twenty, and to draw one takes as long as a row of a list."""
    return _render_icon(name, size, **attributes)


@register.simple_tag(name="time")
def time_of(at: datetime) -> SafeString:
    """A time in UTC, which is what all times of the console are in, and how long ago it was."""
    ago = escape(gettext("%(since)s ago") % {"since": timesince(at)})
    return mark_safe(  # noqa: S308 - the rest is digits
        f'<time datetime="{at.isoformat()}" title="{ago}">{at:%Y-%m-%d %H:%M:%S} <small>UTC</small></time>'
    )


@register.simple_tag(takes_context=True)
def jinja(context: Context, template_name: str, **more: Any) -> SafeString:
    """A part of a page, made by a Jinja template from what the page's own template knows, and from what is told more.

    For the parts that took most of a page's time; Jinja takes a tenth to a fifth of it.
    """
    known: dict[Any, Any] = {**context.flatten(), **more}
    made = get_template(template_name, using="jinja2").render(known)
    return mark_safe(made)  # noqa: S308 - Jinja escapes as Django does


def environment(**options: Any) -> Environment:
    """What Jinja templates know: a few of Django's own words."""
    made = Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - Django turns autoescape on
    made.globals.update(
        {
            "_": _text,
            "icon": icon,
            "now": timezone.now,
            "other_languages": _other_languages,
            "querystring": _querystring,
            "time": time_of,
            "url": _url,
        }
    )
    return made


def _text(text: str) -> str:
    """The text in the language of the request. A page has a hundred, and they do not change while the server runs."""
    return _text_in(get_language(), text)


@lru_cache(2000)
def _text_in(_language: str | None, text: str) -> str:
    return gettext(text)


def _querystring(*parameters: Mapping[str, Any]) -> str:
    """Of the tag that Django's templates have."""
    return querystring(None, *parameters)  # type: ignore[arg-type] # the context is for a tag without parameters


def _url(name: str, *arguments: str) -> str:
    return _made_url(get_script_prefix(), name, arguments)


@lru_cache(1000)
def _made_url(_prefix: str, name: str, arguments: tuple[str, ...]) -> str:
    return reverse(name, args=arguments)


def _other_languages() -> list[tuple[str, str]]:
    """The languages that the page is not in, each by its own name."""
    return _languages_but(get_language())


@cache
def _languages_but(now: str | None) -> list[tuple[str, str]]:
    return [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES if code != now]
