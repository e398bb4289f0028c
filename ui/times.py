"""Times as people read them: in their own time zone, with UTC and how long ago it was on hover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import get_language, gettext, ngettext
from markupsafe import Markup, escape

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def time_of(at: datetime, *, seconds: bool = False) -> Markup:
    """A `<time>` in the active time zone. A narrow window leaves out the hour; `seconds` writes it to the second."""
    local = timezone.localtime(at)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    title = f"{local:%Y-%m-%d %H:%M:%S} {zone_name(local)}"
    if local.utcoffset():
        title += f" · {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    title += f" · {_ago(at)}"
    return Markup('<time datetime="{}" title="{}">{}<span class="time"> {}</span></time>').format(
        at.isoformat(), title, f"{local:%Y-%m-%d}", clock
    )


def zone_name(at: datetime | None = None) -> str:
    """The active time zone at that moment as an offset: "UTC", "UTC+8", "UTC-3:30"."""
    offset = timezone.localtime(at).utcoffset() or timedelta()
    sign, minutes = ("-", -offset) if offset < timedelta() else ("+", offset)
    hours, rest = divmod(int(minutes.total_seconds()) // 60, 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "") if offset else "UTC"


def left_of(until: datetime) -> str:
    """How long something still takes, as a sentence: "about 4 minutes left", or "a moment left"."""
    seconds = (until - timezone.now()).total_seconds()
    if seconds < 60:
        count = max(1, int(seconds))
        return ngettext("%(count)s second left", "%(count)s seconds left", count) % {"count": count}
    return gettext("about %(time)s left") % {"time": timeuntil(until, depth=1)}


def _ago(at: datetime) -> str:
    minutes = max(0, (timezone.now() - at) // timedelta(minutes=1))
    # Before a month is over it does not matter when it began, so all times of so many minutes share one text.
    return _ago_text(get_language(), at if minutes >= 28 * 24 * 60 else LONG_AGO, minutes)


@lru_cache(2000)
def _ago_text(_language: str | None, at: datetime, minutes: int) -> str:
    return str(escape(gettext("%(since)s ago") % {"since": timesince(at, at + timedelta(minutes=minutes))}))
