"""The rows of the images page, whose template escapes what it writes by itself."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.test import Client

from images.models import Image

HOSTILE = "\"'><script>alert(1)</script>"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts += data


def _drawn(client: Client, tab: str) -> Tags:
    response = client.get(f"/cn-hangzhou/images/{tab}/", headers={"HX-Request": "true"})
    assert response.status_code == 200
    tags = Tags()
    tags.feed(response.content.decode())
    return tags


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("tab", ["custom", "system"])
def test_every_text_of_a_row_is_escaped(as_acme: Client, image: Image, tab: str, language: str) -> None:
    as_acme.cookies["django_language"] = language
    if tab == "system":
        Image.objects.filter(pk=image.pk).update(owner=None)
    before = _drawn(as_acme, tab)
    columns = ("name", "platform", "description", "failure")
    Image.objects.filter(pk=image.pk).update(**dict.fromkeys(columns, HOSTILE))
    after = _drawn(as_acme, tab)
    assert after.tags == before.tags
    assert after.texts.count("<script>") == 2, "the name and the platform"
