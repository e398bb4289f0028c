"""The environment of the console's templates: Django's own Jinja2 backend with a few of Django's words.

Django's template language stays where a package brings it (templates/django/).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jinja2
from crispy_forms.templatetags.crispy_forms_filters import as_crispy_errors, as_crispy_field, as_crispy_form
from django.conf import settings
from django.template.defaulttags import querystring
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django_htmx.jinja import htmx_script
from markupsafe import Markup

from ui.icons import icon, sprite
from ui.times import left_of, time_of, zone_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def environment(**options: Any) -> jinja2.Environment:
    """Make the environment that TEMPLATES names. The options are those of jinja2.Environment."""
    made = jinja2.Environment(  # noqa: S701 - Django turns autoescape on
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"], trim_blocks=True, lstrip_blocks=True, **options
    )
    made.install_gettext_translations(translation, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(
        crispy=_drawn(as_crispy_form),
        errors=_drawn(as_crispy_errors),
        field=_drawn(as_crispy_field),
        htmx_script=htmx_script,
        icon=icon,
        language=translation.get_language,
        languages=_languages,
        left=left_of,
        localtime=timezone.localtime,
        querystring=_querystring,
        sprite=sprite,
        static=lru_cache(100)(static),
        time=time_of,
        url=_url,
        zone_name=zone_name,
    )
    return made


def _drawn(draw: Callable[[Any], str]) -> Callable[[Any], Markup]:
    """Mark as markup what crispy draws with a Jinja template, since crispy returns a plain text."""
    return lambda part: Markup(draw(part))  # noqa: S704 - the template has escaped it


def _languages() -> list[tuple[str, str, bool]]:
    """Each language of the console: its code, its own name, and whether it is the active one."""
    now = translation.get_language()
    return [
        (code, translation.get_language_info(code)["name_local"], code == now) for code, _name in settings.LANGUAGES
    ]


def _querystring(*parameters: Mapping[str, Any]) -> str:
    """As Django's tag of that name: later parameters replace earlier ones, None takes one away."""
    return querystring(None, *parameters)  # type: ignore[arg-type] # the context is for a tag without parameters


@lru_cache(1000)
def _url(name: str, *arguments: str) -> str:
    return reverse(name, args=arguments)
