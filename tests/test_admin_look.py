"""The admin site wears the console's colours, and writes times as the console does."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.utils import formats, translation

from audit.models import Door, Entry
from tests.processes import ROOT

if TYPE_CHECKING:
    from django.test import Client

# Icons, and what the console's style sheet gives in another way.
NOT_COLOURS = re.compile(r"--message-\w+-icon|--accent")
VARIABLE = re.compile(r"(--[\w-]+)\s*:")


def test_every_colour_of_the_admin_site_is_one_of_the_console() -> None:
    theirs = Path(admin.__file__).parent / "static" / "admin" / "css" / "base.css"
    [block] = re.findall(r":root \{(.*?)\n\}", theirs.read_text(encoding="utf-8").split("@media")[0], re.DOTALL)
    asked = {name for name in VARIABLE.findall(block) if not NOT_COLOURS.fullmatch(name)}
    ours = (ROOT / "static" / "css" / "admin.css").read_text(encoding="utf-8")
    given = set(VARIABLE.findall(ours))
    assert "--header-bg" in asked
    assert asked - given == set()
    tokens = set(VARIABLE.findall((ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")))
    assert set(re.findall(r"var\((--[\w-]+)\)", ours)) - tokens == set()


def test_the_pages_link_to_style_sheets_and_scripts_that_there_are(as_support: Client) -> None:
    page = as_support.get("/admin/").content.decode()
    files = re.findall(r'(?:href|src)="/static/([^"?]+)', page)
    assert {"css/tokens.css", "css/admin.css", "js/back.js"} <= set(files)
    assert [name for name in files if finders.find(name) is None] == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_times_are_written_as_in_the_console(language: str, as_support: Client) -> None:
    Entry.objects.bulk_create([Entry(event="ShareImage", door=Door.API, at=datetime(2026, 11, 8, 9, 5, 7, tzinfo=UTC))])
    as_support.cookies["django_language"] = language
    assert ">2026-11-08 09:05<" in as_support.get("/admin/audit/entry/").content.decode()
    with translation.override(language):
        assert formats.date_format(datetime(2026, 11, 8, 9, 5, tzinfo=UTC), "SHORT_DATE_FORMAT") == "2026-11-08"
