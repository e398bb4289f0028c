"""What Jinja templates know, and the tag by which a template of Django's shows a part that Jinja makes.

Django's own backend for Jinja compiles and finds them; `environment` is the one that its settings name.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import jinja2
from django import template
from django.conf import settings
from django.template.context import Context
from django.template.defaulttags import querystring
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe
from django_htmx.jinja import htmx_script

from ui.tags import icon, time_of

if TYPE_CHECKING:
    from collections.abc import Mapping

register = template.Library()


@register.simple_tag(takes_context=True)
def jinja(context: Context, template_name: str, **more: Any) -> SafeString:
    """A part of a page, made by a Jinja template from what the page's template knows, and from what is told more."""
    known: dict[Any, Any] = {**context.flatten(), **more}
    made = render_to_string(template_name, known, using="jinja2")
    return mark_safe(made)  # noqa: S308 - Jinja escapes as Django does


def environment(**options: Any) -> jinja2.Environment:
    made = jinja2.Environment(**options)  # noqa: S701 - Django's backend asks for escaping
    made.globals.update(
        {
            "_": translation.gettext,
            "gettext": translation.gettext,
            "ngettext": translation.ngettext,
            "htmx_script": cache(htmx_script),
            "icon": icon,
            "now": timezone.now,
            "other_languages": other_languages,
            "querystring": _querystring,
            "static": cache(static),
            "time": time_of,
            "url": _url,
        }
    )
    return made


def other_languages() -> list[tuple[str, str]]:
    """The languages that the page is not in: the code of each, and its name in itself."""
    current = translation.get_language()
    codes = (code for code, _name in settings.LANGUAGES if code != current)
    return [(code, translation.get_language_info(code)["name_local"]) for code in codes]


def _querystring(*parameters: Mapping[str, Any]) -> str:
    """What the tag of Django's templates gives."""
    return querystring(None, *parameters)  # type: ignore[arg-type] # the context is for a tag without parameters


def _url(name: str, *arguments: str) -> str:
    return _made_url(get_script_prefix(), name, arguments)


@lru_cache(1000)
def _made_url(_prefix: str, name: str, arguments: tuple[str, ...]) -> str:
    return reverse(name, args=arguments)
