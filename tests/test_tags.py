from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.template import Context, Template
from django.utils import translation
from django.utils.html import escape
from django.utils.timesince import timesince
from eds_console.jinja import environment_in, escaped

from ui.tags import time_of

NOW = datetime(2026, 3, 31, 12, 0, 30, tzinfo=UTC)
AGES = [
    timedelta(seconds=-90),
    timedelta(0),
    timedelta(seconds=59),
    timedelta(minutes=61),
    timedelta(days=27, hours=23, minutes=59),
    timedelta(days=28),
    timedelta(days=30, hours=23, minutes=59, seconds=59),
    timedelta(days=31),
    timedelta(days=366, seconds=1),
    timedelta(days=3000, hours=5),
]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("age", AGES)
def test_how_long_ago_a_time_was_is_what_django_says(age: timedelta, language: str) -> None:
    at = NOW - age
    with time_machine.travel(NOW, tick=False), translation.override(language):
        for drawn in (time_of(at), Template("{% time at %}").render(Context({"at": at}))):
            assert escape(timesince(at)) in drawn
            assert f'datetime="{at.isoformat()}"' in drawn
            assert f">{at:%Y-%m-%d %H:%M:%S} <small>UTC</small><" in drawn


def test_a_jinja_template_has_its_texts_and_icons_compiled_in_and_escapes_the_rest() -> None:
    source = '{{ _("Unshare") }}|{{ icon("lock", size=14)|length > 50 }}|{{ _(text) }}|{{ name }}|{{ "<" }}'
    known = {"text": "Unshare", "name": "<b>&\"'"}
    made = {language: environment_in(language).from_string(source) for language in ("en", "zh-hans")}
    with translation.override("en"):
        english = made["en"].render(known)
    with translation.override("zh-hans"):
        chinese = made["zh-hans"].render(known)
    assert english == "Unshare|True|Unshare|&lt;b&gt;&amp;&#34;&#39;|&lt;"
    assert chinese == "取消共享|True|取消共享|&lt;b&gt;&amp;&#34;&#39;|&lt;"
    # Nothing is looked up when it is drawn.
    with translation.override("en"):
        assert made["zh-hans"].render(known).startswith("取消共享|")


def test_what_is_markup_is_not_escaped_again() -> None:
    assert escaped(time_of(NOW)).startswith("<time ")
    assert escaped(5) == "5"
    assert escaped("<") == "&lt;"
