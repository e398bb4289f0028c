"""Every text that a person sees goes through gettext, and whoever reads Chinese reads all of it in Chinese.

The first is seen with a language that puts marks around each text: none is without.
"""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import translation
from django.utils.translation.template import templatize
from jinja2.ext import babel_extract

from accounts.models import Account, User
from audit.models import Entry
from desktops import actions
from desktops.models import Desktop, Template
from images import actions as image_actions
from images import forms
from images.models import Image, ImageShare
from regions.models import Region
from tests.conftest import ACME, AUDITOR_RAM_ID, GLOBEX
from tests.processes import ROOT
from tests.test_access import urls_of
from ui import forms as ui_forms
from ui import times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from babel.messages.catalog import Message

pytestmark = pytest.mark.any_database

# What stands on the pages and is nobody's sentence: names that people gave, units, names of products and formats.
DATA = re.compile(
    r"office-standard|front-desks?|Initech|Esc|Aliyun\w+|\b[A-Z]\w+/[\w/ -]+"
    r"|[\w.@-]+@[\w.-]+|\b(m|ecd|b)-[a-z0-9]{17}\b|Acme|A\*\*e|Globex|Windows( Server)?"
    r"|Linux|Ubuntu|Pro\b|eds\.[\w.]+|NVIDIA T4"
    r"|GiB|MiB|GPU|vCPU|UTC|English|简体中文|[a-z]{2}-[a-z]+(-\d)?\b|asp|vgpu"
    # Events and outcomes of the operation log.
    r"|\b[A-Z][a-z]+([A-Z][a-z]+)+\b|\b[a-z]+(_[a-z]+)+\b"
)
# Acts after which the next pages would have nothing to show.
FINAL = ("/logout/", "/unshare/", "/release/", f"/people/{AUDITOR_RAM_ID}/delete/")
# What a Chinese page says in Latin letters too: names of products, formats and of parts of the API.
IN_CHINESE_TOO = (
    r"AccessKey( Secret| ID)?|\bAliyun\w+|\b(RAM|ID|EDS|API|JSON|CSV|Email|HTTP|STS|TOTP|PIN|JavaScript|Initech)\b"
    r"|\b(LTAI\w{20}|\w{30})\b|Administrator|Public|/home|(onaliyun|aliyun|alibabacloud)\.com|console-demo"
    # On the page of the API's errors: parameters, headers, codes.
    r"|SHA-?\d+|\b(ACS3-)?HMAC-SHA\d+|\b(x-acs(-\w+)*-?|content-type|application/[\w-]+|nonce|host|https?)\b"
    r"|\b(RPC|GET|POST|Token|Secret|Action|Format|Version|Credential|Signature|Recommend|Available|SYSTEM|false)\b"
)
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
# A call of gettext in what Django makes of a template for xgettext to read.
CALL = re.compile(r"""\b(_|n?p?gettext)\(((?:\s*u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,?)+)""")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+>")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}
JINJA = {"extensions": "jinja2.ext.i18n, jinja2.ext.do", "newstyle_gettext": "true", "silent": "false"}
READ_BY_PEOPLE = {"placeholder", "title", "aria-label", "alt", "data-tip", "data-copied", "data-told"}


class Texts(HTMLParser):
    """All texts of a page that people read, but for what is set as code."""

    WITHOUT_END = {"input", "meta", "link", "br", "hr", "img", "source", "base"}

    def __init__(self) -> None:
        super().__init__()
        # For each element that is open: whether it is set as code.
        self.open: list[bool] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag not in self.WITHOUT_END:
            self.open.append(tag in {"script", "style", "code"} or "mono" in classes)
        self.texts += [value for name, value in attrs if name in READ_BY_PEOPLE and value]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.WITHOUT_END and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.open):
            self.texts.append(data)


def _left(page: str, data: list[str], known: re.Pattern[str], words: str) -> list[str]:
    """The texts of the page in which there are such words beside what is data and what is known."""
    parser = Texts()
    parser.feed(page)
    left = []
    for text in parser.texts:
        rest = text
        for value in data:
            rest = rest.replace(value, " ")
        if re.search(words, known.sub(" ", rest)):
            left.append(text.strip())
    return left


def _unmarked(page: str, data: list[str]) -> list[str]:
    """The texts of the page that did not come from gettext."""
    without = re.sub(r"[⟦][^⟦⟧]*(?:[⟦][^⟦⟧]*[⟧][^⟦⟧]*)*[⟧]", " ", page)
    return _left(without, data, DATA, r"[^\W\d_]{2,}")


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A language in which every translated text has marks around it."""

    def mark(message: str) -> str:
        return f"⟦{message}⟧"

    trans = translation._trans
    monkeypatch.setattr(trans, "gettext", mark)
    monkeypatch.setattr(trans, "ngettext", lambda one, many, number: mark(one if number == 1 else many))
    monkeypatch.setattr(trans, "pgettext", lambda context, message: mark(message))
    monkeypatch.setattr(trans, "npgettext", lambda context, one, many, number: mark(one if number == 1 else many))
    kept = ui_forms._list_form, times._ago_text, forms._drawn_empty, actions._reasons, image_actions._reasons
    for texts in kept:
        texts.cache_clear()
    yield
    for texts in kept:
        texts.cache_clear()


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


def _answers(clients: Iterable[Client], samples: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every page as each of the clients sees it, also when its form is sent with nothing in it."""
    for client in clients:
        for url in _pages(samples):
            for method in ("get", "post"):
                if method == "post" and url.endswith(FINAL):
                    continue
                answer = getattr(client, method)(url)
                if answer.get("Content-Type", "").startswith("text/html") and answer.status_code not in {302, 405}:
                    yield f"{method} {url}", answer.content.decode()


def _given_names() -> list[str]:
    names = [region.english_name for region in Region.objects.all()]
    return names + [text for image in Image.objects.values_list("name", "image_id") for text in image]


def test_every_page_speaks_through_gettext(
    marked: None, samples: dict[str, str], make_image: Callable[..., Image], as_acme: Client, as_globex: Client
) -> None:
    make_image(encrypted=True, gpu=True, data_disk_gib=40)
    names = _given_names()
    seen = 0
    for what, page in _answers((as_acme, as_globex), samples):
        seen += 1
        assert _unmarked(page, names) == [], what
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
        (
            "/cn-hangzhou/images/custom/",
            ["部署", "镜像", "自定义镜像", "共享镜像", "华东1（杭州）", "主账号", 'lang="en">English<'],
        ),
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


def test_who_has_not_signed_in_chooses_the_language_too(client: Client) -> None:
    page = client.get("/login/").content.decode()
    assert 'name="language" value="zh-hans"' in page
    assert 'name="language" value="en"' not in page
    answer = client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/login/"})
    assert answer.headers["Location"] == "/login/"
    assert 'name="language" value="en"' in client.get("/login/").content.decode()


def _in_chinese(client: Client) -> Client:
    client.post("/i18n/setlang/", {"language": "zh-hans"})
    return client


def _english(page: str, data: list[str]) -> list[str]:
    """The texts of a Chinese page that have words in Latin letters which are no names."""
    # ASCII, so that a word also begins and ends beside a Chinese character.
    known = re.compile(f"{IN_CHINESE_TOO}|{DATA.pattern}", re.ASCII)
    return _left(page, data, known, r"[A-Za-z]{2,}")


def test_every_page_is_in_chinese_for_who_reads_chinese(
    samples: dict[str, str], make_image: Callable[..., Image], as_acme: Client, as_globex: Client, as_auditor: Client
) -> None:
    make_image(encrypted=True, gpu=True, data_disk_gib=40)
    clients = [_in_chinese(client) for client in (as_acme, as_globex, as_auditor)]
    seen = 0
    for what, page in _answers(clients, samples):
        seen += 1
        # The filters of the operation log offer what is in it.
        said = [text for row in Entry.objects.values_list("event", "outcome").distinct() for text in row]
        assert _english(page, _given_names() + said) == [], what
    assert seen > 100


def test_signing_in_and_error_pages_are_in_chinese(as_acme: Client) -> None:
    # Who has not signed in yet gets what their browser asks for.
    client = Client(headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})
    for url, fields in (
        ("/login/", {}),
        ("/login/", {"username": "x@example.com", "password": "x"}),
        ("/login/password/", {"email": "nobody"}),
        ("/login/inactive/", {}),
    ):
        for answer in (client.get(url), client.post(url, fields)):
            assert _english(answer.content.decode(), []) == [], url
    for url in ("/cn-atlantis/images/custom/", "/cn-hangzhou/images/m-none/", "/cn-hangzhou/images/custom/?q=x"):
        assert _english(_in_chinese(as_acme).get(url).content.decode(), ["cn-atlantis"]) == [], url


def test_the_admin_site_is_in_chinese(samples: dict[str, str], as_support: Client) -> None:
    _in_chinese(as_support)
    # What Django itself does not translate, or keeps in the database.
    djangos = re.compile(r'alt="(Search|True|False)"|- Select an option -|>[^<>]* \| [^<>]* \| Can [^<]*|<bdi>[^<]*')
    models = [Account, User, Region, Image, ImageShare, Desktop, Template, Entry]
    urls = [reverse("admin:index"), reverse("admin:images_imageshare_add"), reverse("admin:accounts_user_add")]
    for model in models:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        urls += [reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[model.objects.all()[0].pk])]
    names = [*_given_names(), Entry.SUCCESS, "LDAP", "Ctrl", "Control", "Mac", "Command", '{"name"']
    for url in urls:
        answer = as_support.get(url)
        assert answer.status_code == 200, url
        assert _english(djangos.sub("", answer.content.decode()), names) == [], url


def test_the_test_would_see_an_english_word() -> None:
    assert _english("<p>共享 AccessKey ID</p><p>共享 image</p><p title='Share'>office-standard</p>", []) == [
        "共享 image",
        "Share",
    ]


def _messages() -> list[Message]:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    assert catalogue.obsolete == {}
    return [message for message in catalogue if message.id]


def _forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


type Call = tuple[str, tuple[str, ...]]


def _calls_of_templates() -> Iterator[Call]:
    for path in (ROOT / "templates").rglob("*.*"):
        # crispy asks for names of its own.
        if path.suffix == ".jinja" or path.parent.name == "forms":
            with path.open("rb") as file:
                for _line, name, texts, _comments in babel_extract(file, KEYWORDS, (), JINJA):
                    given = (texts,) if isinstance(texts, str) else texts
                    yield str(name), tuple(text for text in given if text)
        else:
            for name, texts in CALL.findall(templatize(path.read_text())):
                yield name, ast.literal_eval(f"({texts.rstrip(', ')},)")


def _calls_of_python() -> Iterator[Call]:
    for package in {path.parent for path in ROOT.glob("*/__init__.py")} - {ROOT / "tests", ROOT / "benchmarks"}:
        for path in package.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    texts = [text.value for text in node.args if isinstance(text, ast.Constant)]
                    yield node.func.id.removesuffix("_lazy"), tuple(texts)


def _texts_of_the_code() -> Iterator[tuple[str | None, str]]:
    """The context and the text of each message, as `make messages` gathers them."""
    for name, texts in (*_calls_of_templates(), *_calls_of_python()):
        if not texts:
            continue  # Of a variable: whoever calls has marked the text.
        if name in {"_", "gettext", "ngettext"}:
            yield None, texts[0]
        elif name in {"pgettext", "npgettext"}:
            yield texts[0], texts[1]


def test_the_catalogue_has_the_texts_of_the_code_and_no_others() -> None:
    assert {(message.context, _forms(message.id)[0]) for message in _messages()} == set(_texts_of_the_code())


def test_every_text_is_translated() -> None:
    assert [message.id for message in _messages() if message.fuzzy or not all(_forms(message.string))] == []


def test_translations_keep_the_placeholders() -> None:
    def placeholders(text: str) -> list[str]:
        return sorted(PLACEHOLDER.findall(text))

    wrong = [
        translation
        for message in _messages()
        for translation in _forms(message.string)
        if placeholders(translation) not in map(placeholders, _forms(message.id))
    ]
    assert wrong == []


def test_chinese_is_set_as_chinese_is() -> None:
    """Its own punctuation, and a space between Chinese characters and Latin letters or digits."""
    bad = re.compile(r"[\u4e00-\u9fff](?:[,;:?!()]|[A-Za-z0-9])|[A-Za-z0-9][\u4e00-\u9fff]|[.,;:?!] *[\u4e00-\u9fff]")
    texts = [PLACEHOLDER.sub("“", text) for message in _messages() for text in _forms(message.string)]
    assert [text for text in texts if bad.search(text)] == []
