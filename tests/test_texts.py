"""Every text that a person sees goes through gettext: with a language that puts marks around each, none is without."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from django.urls import get_resolver
from django.utils import translation

from audit.models import Entry
from desktops.models import Desktop, Template
from images.models import Image, ImageShare
from regions.models import Region
from tests.conftest import ACME, AUDITOR_RAM_ID, GLOBEX
from tests.test_access import urls_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from accounts.models import User

# What stands on the pages and is nobody's sentence: names that people gave, units, names of products and formats.
DATA = re.compile(
    r"office-standard|front-desks?|[\w.@-]+@[\w.-]+|\b(m|ecd|b)-[a-z0-9]{17}\b|Acme|A\*\*e|Globex|Windows( Server)?"
    r"|Linux|Ubuntu|Pro\b|eds\.[\w.]+|NVIDIA T4"
    r"|GiB|MiB|GPU|vCPU|UTC|English|简体中文|[a-z]{2}-[a-z]+(-\d)?\b|asp|vgpu"
    # Events and outcomes of the operation log.
    r"|\b[A-Z][a-z]+([A-Z][a-z]+)+\b|\b[a-z]+(_[a-z]+)+\b"
)
# Acts after which the next pages would have nothing to show.
FINAL = ("/logout/", "/unshare/", "/release/")
READ_BY_PEOPLE = {"placeholder", "title", "aria-label", "alt", "data-label", "data-copied"}


class Texts(HTMLParser):
    """All texts of a page that people read, but for what is set as code."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "code"}:
            self.skipped += 1
        self.texts += [value for name, value in attrs if name in READ_BY_PEOPLE and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "code"}:
            self.skipped -= 1

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.texts.append(data)


def _unmarked(page: str, data: list[str]) -> list[str]:
    """The texts of the page that did not come from gettext."""
    parser = Texts()
    parser.feed(re.sub(r"[⟦][^⟦⟧]*(?:[⟦][^⟦⟧]*[⟧][^⟦⟧]*)*[⟧]", " ", page))
    left = []
    for text in parser.texts:
        rest = text
        for value in data:
            rest = rest.replace(value, " ")
        rest = DATA.sub(" ", rest)
        if re.search(r"[^\W\d_]{2,}", rest):
            left.append(text.strip())
    return left


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language in which every translated text has marks around it."""

    def mark(message: str) -> str:
        return f"⟦{message}⟧"

    trans = translation._trans
    monkeypatch.setattr(trans, "gettext", mark)
    monkeypatch.setattr(trans, "ngettext", lambda one, many, number: mark(one if number == 1 else many))
    monkeypatch.setattr(trans, "pgettext", lambda context, message: mark(message))
    monkeypatch.setattr(trans, "npgettext", lambda context, one, many, number: mark(one if number == 1 else many))


@pytest.fixture
def samples(share: ImageShare, desktop: Desktop, template: Template, auditor: User) -> dict[str, str]:
    """For each part of a URL, one that there is."""
    return {
        "<slug:region>": "cn-hangzhou",
        "<slug:image>": share.image.image_id,
        "<slug:account>": GLOBEX,
        "<slug:desktop>": desktop.desktop_id,
        "<slug:template>": template.template_id,
        "<slug:person>": AUDITOR_RAM_ID,
        "<int:entry>": str(Entry.objects.filter(account_id=ACME)[0].pk),
    }


def _pages(samples: dict[str, str]) -> Iterator[str]:
    for route in urls_of(get_resolver().url_patterns):
        url = route
        for part, sample in samples.items():
            url = url.replace(part, sample)
        if (
            "<" not in url
            and "(?P" not in url
            and not url.startswith(("/admin/", "/i18n/", "/healthz/", "/readyz/", "/metrics/", "/api/"))
        ):
            yield url


def test_every_page_speaks_through_gettext(
    marked: None, samples: dict[str, str], make_image: Callable[..., Image], as_acme: Client, as_globex: Client
) -> None:
    make_image(encrypted=True, gpu=True, data_disk_gib=40)
    names = [region.english_name for region in Region.objects.all()]
    names += list(Image.objects.values_list("name", flat=True).distinct())
    seen = 0
    for client in (as_acme, as_globex):
        for url in _pages(samples):
            for method in ("get", "post"):
                if method == "post" and url.endswith(
                    ("/logout/", "/unshare/", "/release/", f"/people/{AUDITOR_RAM_ID}/delete/")
                ):
                    continue
                answer = getattr(client, method)(url)
                if not answer.get("Content-Type", "").startswith("text/html") or answer.status_code in {302, 405}:
                    continue
                seen += 1
                assert _unmarked(answer.content.decode(), names) == [], f"{method} {url}"
    assert seen > 30


def test_the_sign_in_page_and_the_error_pages_do(marked: None, image: Image, as_acme: Client, client: Client) -> None:
    names = [region.english_name for region in Region.objects.all()]
    client.post("/login/", {"username": "x", "password": "x"})
    for answer in (
        client.post("/login/", {"username": "x@example.com", "password": "x"}),
        client.get("/login/"),
        as_acme.get("/cn-atlantis/images/custom/"),
        as_acme.get("/cn-hangzhou/images/m-none/"),
    ):
        assert _unmarked(answer.content.decode(), [*names, "cn-atlantis"]) == []


def test_the_test_would_see_a_text_without_marks() -> None:
    assert _unmarked("<p>⟦Shared⟧ and <b title='Plain'>⟦x ⟦y⟧⟧</b><code>skip</code></p>", []) == ["and", "Plain"]


@pytest.mark.parametrize(
    ("url", "texts"),
    [
        ("/cn-hangzhou/images/custom/", ["部署", "镜像", "自定义镜像", "共享镜像", "华东1（杭州）", "主账号"]),
        ("/cn-hangzhou/images/{image}/sharing/", ["共享镜像", "账号", "确定", "已共享账号", "取消共享", "账号 ID"]),
    ],
)
def test_chinese_readers_find_the_terms_of_the_page(
    url: str, texts: list[str], share: ImageShare, as_acme: Client
) -> None:
    as_acme.post("/i18n/setlang/", {"language": "zh-hans"})
    page = as_acme.get(url.format(image=share.image)).content.decode()
    assert [text for text in texts if text not in page] == []
    assert '<html lang="zh-hans">' in page
    assert ACME in page
