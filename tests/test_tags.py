"""Times as people read them, icons, and the few tags for the pages that packages bring."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.template import Context, Template, engines
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.timesince import timesince
from markupsafe import Markup

from tests.processes import ROOT
from ui import icons
from ui.times import left_of, time_of, zone_name

if TYPE_CHECKING:
    from django.test import Client, RequestFactory

    from accounts.models import User
    from images.models import Image

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


def title_of(drawn: str) -> str:
    return re.findall(r'title="([^"]*)"', drawn)[0]


# Times


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("age", AGES)
def test_how_long_ago_a_time_was_is_what_django_says(age: timedelta, language: str) -> None:
    at = NOW - age
    with time_machine.travel(NOW, tick=False), translation.override(language):
        for drawn in (time_of(at), Template("{% time at %}").render(Context({"at": at}))):
            assert escape(timesince(at)) in drawn
            assert f'datetime="{at.isoformat()}"' in drawn
            assert f'>{at:%Y-%m-%d}<span class="time"> {at:%H:%M}</span></time>' in drawn


@pytest.mark.parametrize(
    ("zone", "shown", "title"),
    [
        ("UTC", "2026-03-31 12:00", "2026-03-31 12:00:30 UTC · "),
        ("Asia/Shanghai", "2026-03-31 20:00", "2026-03-31 20:00:30 UTC+8 · 2026-03-31 12:00:30 UTC · "),
        ("Asia/Kolkata", "2026-03-31 17:30", "2026-03-31 17:30:30 UTC+5:30 · 2026-03-31 12:00:30 UTC · "),
        ("America/St_Johns", "2026-03-31 09:30", "2026-03-31 09:30:30 UTC-2:30 · 2026-03-31 12:00:30 UTC · "),
        ("Pacific/Kiritimati", "2026-04-01 02:00", "2026-04-01 02:00:30 UTC+14 · 2026-03-31 12:00:30 UTC · "),
    ],
)
def test_a_time_is_in_the_zone_of_its_reader_and_says_utc_on_hover(zone: str, shown: str, title: str) -> None:
    with time_machine.travel(NOW, tick=False), timezone.override(zone):
        drawn = time_of(NOW)
    assert re.sub(r"<[^>]+>", "", drawn) == shown
    assert title_of(drawn).startswith(title)
    assert f'datetime="{NOW.isoformat()}"' in drawn


def test_a_time_can_be_to_the_second() -> None:
    assert ">2026-03-31<span" in time_of(NOW, seconds=True)
    assert "> 12:00:30</span>" in time_of(NOW, seconds=True)


def test_the_offset_of_a_zone_is_that_of_the_moment() -> None:
    with timezone.override("Europe/Berlin"):
        assert zone_name(datetime(2026, 1, 1, tzinfo=UTC)) == "UTC+1"
        assert zone_name(datetime(2026, 7, 1, tzinfo=UTC)) == "UTC+2"


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (-5, "1 second left", "剩余 1 秒"),
        (1, "1 second left", "剩余 1 秒"),
        (42, "42 seconds left", "剩余 42 秒"),
        (60, "about 1\u00a0minute left", "剩余约 1\u00a0分钟"),
        (4000, "about 1\u00a0hour left", "剩余约 1\u00a0小时"),
    ],
)
def test_how_long_something_still_takes(seconds: int, english: str, chinese: str) -> None:
    with time_machine.travel(NOW, tick=False):
        with translation.override("en"):
            assert left_of(NOW + timedelta(seconds=seconds)) == english
        with translation.override("zh-hans"):
            assert left_of(NOW + timedelta(seconds=seconds)) == chinese


def test_the_lists_are_in_the_zone_that_the_person_chose(as_acme: Client, acme_user: User, image: Image) -> None:
    image.created_at = NOW
    image.save()
    assert '2026-03-31<span class="time"> 12:00</span>' in as_acme.get("/cn-hangzhou/images/custom/").content.decode()
    acme_user.preferences = {"time_zone": "Asia/Tokyo"}
    acme_user.save()
    page = as_acme.get("/cn-hangzhou/images/custom/").content.decode()
    assert '2026-03-31<span class="time"> 21:00</span>' in page
    assert "2026-03-31 21:00:30 UTC+9 · 2026-03-31 12:00:30 UTC" in page


# Icons


def test_an_icon_refers_to_a_drawing_of_the_page() -> None:
    for name in [*icons.DRAWINGS, "mark"]:
        assert f'href="#i-{name}"' in icons.icon(name)
        assert f'id="i-{name}"' in icons.sprite()
    assert icons.icon("caret", "caret").startswith('<svg class="caret"')
    assert Template("{% icon 'lock' %}").render(Context()) == icons.icon("lock")


def test_every_icon_that_a_template_asks_for_is_drawn() -> None:
    asked = set()
    for path in (ROOT / "templates").rglob("*.*"):
        asked |= set(re.findall(r"""\bicon(?:\(|\s)["'](\w+)["']""", path.read_text()))
    assert len(asked) > 20
    assert asked - {*icons.DRAWINGS, "mark"} == set()


# The environment of Jinja


def test_a_jinja_template_translates_as_it_is_drawn_and_escapes_what_is_no_markup() -> None:
    source = '{{ _("Unshare") }}|{{ _(text) }}|{{ _("by %(name)s", name=name) }}|{{ name }}|{{ markup }}'
    made = engines["jinja2"].from_string(source)
    known = {"text": "Unshare", "name": "<b>&\"'", "markup": Markup("<i>")}
    escaped = "&lt;b&gt;&amp;&#34;&#39;"
    with translation.override("en"):
        assert made.render(known) == f"Unshare|Unshare|by {escaped}|{escaped}|<i>"
    with translation.override("zh-hans"):
        chinese = made.render(known)
    assert chinese.startswith("取消共享|取消共享|")
    assert chinese.endswith(f"{escaped}|<i>")


def test_what_is_drawn_of_a_time_is_not_escaped_again() -> None:
    drawn = engines["jinja2"].from_string("{{ time(at) }}").render({"at": NOW})
    assert drawn.startswith("<time ")


# The tags for the pages of packages


def test_a_page_of_a_package_stands_in_the_frame(db: None, client: Client) -> None:
    page = client.get("/login/password/").content.decode()
    assert page.count("<h1") == 1
    assert '<main class="main" id="main"' in page


def test_a_form_of_a_package_says_whom_it_was_made_for(rf: RequestFactory, acme_user: User) -> None:
    request = rf.get("/")
    request.user = acme_user
    drawn = Template("{% csrf_token %}").render(Context({"request": request}))
    assert 'name="csrfmiddlewaretoken"' in drawn
    assert f'name="page_owner" value="{acme_user.pk}"' in drawn
    # Like Django's it writes nothing where a template is drawn without a request.
    assert Template("{% csrf_token %}").render(Context({})) == ""
