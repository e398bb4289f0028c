from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.template import Context, RequestContext, Template, engines
from django.test import RequestFactory
from django.utils import translation
from django.utils.html import escape
from django.utils.timesince import timesince

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


def test_a_jinja_template_translates_and_escapes() -> None:
    source = '{{ _("Unshare") }}|{{ icon("lock", size=14)|length > 50 }}|{{ _(text) }}|{{ name }}|{{ "<" }}'
    made = engines["jinja2"].from_string(source + "|{% trans %}Unshare{% endtrans %}")
    known = {"text": "Unshare", "name": "<b>&\"'"}
    with translation.override("en"):
        assert made.render(known) == "Unshare|True|Unshare|&lt;b&gt;&amp;&#34;&#39;|&lt;|Unshare"
    with translation.override("zh-hans"):
        assert made.render(known) == "取消共享|True|取消共享|&lt;b&gt;&amp;&#34;&#39;|&lt;|取消共享"


def test_a_part_that_jinja_makes_knows_what_its_page_knows() -> None:
    page = Template('{% jinja "components/languages.jinja" %}')
    request = RequestFactory().get("/login/?next=/account/")
    with translation.override("en"):
        drawn = page.render(RequestContext(request))
    assert 'name="next" value="/login/?next=/account/"' in drawn
    assert '<button class="link" name="language" value="zh-hans" lang="zh-hans">简体中文</button>' in drawn
    assert drawn.count("<button") == 1
