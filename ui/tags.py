"""Template tags of the console, known to every template."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

from django import template
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import get_language, gettext
from lucide.jinja import lucide

register = template.Library()

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@register.simple_tag(name="lucide")
@cache
def icon(name: str, *, size: int = 24, **attributes: str) -> str:
    """An icon as inline SVG. There are some twenty, and to draw one takes as long as a row of a list."""
    return lucide(name, size=size, **attributes)


@register.simple_tag(name="time")
def time_of(at: datetime) -> SafeString:
    """A time in UTC, which is what all times of the console are in, and how long ago it was."""
    minutes = max(0, (timezone.now() - at) // timedelta(minutes=1))
    # Before a month is over it does not matter when it began, so that all times of so many minutes are one.
    ago = _ago(get_language(), at if minutes >= 28 * 24 * 60 else LONG_AGO, minutes)
    iso = at.isoformat()
    return mark_safe(  # noqa: S308 - the rest is digits
        f'<time datetime="{iso}" title="{ago}">{iso[:10]} {iso[11:19]} <small>UTC</small></time>'
    )


@lru_cache(2000)
def _ago(_language: str | None, at: datetime, minutes: int) -> str:
    """How long ago something was after so many minutes. A list has it in every row, most of them again and again."""
    return escape(gettext("%(since)s ago") % {"since": timesince(at, at + timedelta(minutes=minutes))})
