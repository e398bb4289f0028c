"""What another site, a link or a text that somebody entered can do through a person's browser: nothing."""

from __future__ import annotations

import csv
import inspect
import io
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test import Client

import accounts.forms
import accounts.preferences
import desktops.forms
import images.forms
import logs.forms
from audit.models import Entry
from tests.api.conftest import Program
from tests.attack.test_urls import all_rows
from tests.attack.urls import routes, url_of
from tests.conftest import ACME, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from accounts.models import User
    from images.models import ImageShare

MARKUP = "\"'><i>x</i>"
ESCAPED = re.compile(r"&lt;i&gt;x|\\u003Ci\\u003Ex")
ELSEWHERE = (
    "//evil.example/",
    "https://evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example",
)
OUR_APPS = ("accounts", "audit", "desktops", "images")
# The API's endpoint takes no cookies.
WITHOUT_TOKEN = {"/"}
FIELDS = sorted(
    {
        name
        for module in (accounts.forms, accounts.preferences, desktops.forms, images.forms, logs.forms)
        for _, form in inspect.getmembers(module, inspect.isclass)
        if issubclass(form, forms.BaseForm)
        for name in form.base_fields
    }
    # What views and libraries read beside.
    | {"cursor", "by_me", "next", "image", "session", "template", "language", "username", "login", "credential", "code"}
    | {"unshare", "check", "list", "columns", "tab"}
    | {"oldpassword", "password1", "password2", "o", "p", "_popup", "e", "all", "action", "_selected_action"}
)


@pytest.fixture(params=["owner", "support"])
def client_of(request: pytest.FixtureRequest, acme_user: User, support: User) -> Client:
    """Those two who see most: of an account, and of the admin site."""
    user = {"owner": acme_user, "support": support}[request.param]
    return sign_in(Client(raise_request_exception=False), user)


@pytest.fixture
def pages(request: pytest.FixtureRequest, client_of: Client, acmes: Mapping[str, object]) -> list[str]:
    """The console's for the owner, the admin site's for support staff."""
    of_support = request.node.callspec.params["client_of"] == "support"
    return [url for url in urls(acmes) if url.startswith("/admin/") == of_support]


def urls(acmes: Mapping[str, object]) -> Iterator[str]:
    for route in sorted(set(routes())):
        url = url_of(route, acmes)
        if "logout" not in url:
            yield url


def content_of(answer: Any) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


# Another site's form


@pytest.mark.any_database
def test_csrf_every_form_needs_its_token(acmes: Mapping[str, object], acme_user: User, support: User) -> None:
    before, wrong = all_rows(), {}
    for user in (acme_user, support):
        client = sign_in(Client(enforce_csrf_checks=True, raise_request_exception=False), user)
        for url in [*urls(acmes), "/logout/", "/admin/logout/"]:
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                status = client.generic(method, url).status_code
                if status not in {403, 405} and url not in WITHOUT_TOKEN:
                    wrong[user.username, method, url] = status
    assert wrong == {}
    assert all_rows() == before


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example"])
def test_csrf_a_token_does_not_help_another_site(origin: str, share: ImageShare, acme_user: User) -> None:
    client = sign_in(Client(enforce_csrf_checks=True), acme_user)
    url = f"/cn-hangzhou/images/{share.image}/sharing/{share.recipient_id}/unshare/"
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(url).content.decode())[0]
    form = {"csrfmiddlewaretoken": token}
    assert client.post(url, form, headers={"Origin": origin}).status_code == 403
    share.refresh_from_db()
    assert client.post(url, form, headers={"Origin": "http://testserver"}).status_code == 302


def test_csrf_cookies_are_nothing_to_the_api(as_acme: Client) -> None:
    answer = as_acme.get("/", {"Action": "DescribeRegions", "Version": "2020-09-30", "RegionId": "cn-hangzhou"})
    assert answer.json()["Code"] == "MissingAuthorization"


# Links that lead elsewhere, and line breaks that become headers


@pytest.mark.slow
@pytest.mark.any_database
@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_open_redirect_no_answer_leads_to_another_host(
    elsewhere: str, pages: list[str], client_of: Client, client: Client
) -> None:
    wrong = {}
    headers = {"Referer": elsewhere.strip()}
    for url in pages:
        for who in (client_of, client):
            for answer in (
                who.get(url, {"next": elsewhere}, headers=headers),
                who.post(url, {"next": elsewhere, "language": "en"}, headers=headers),
            ):
                location = answer.get("Location", "") or answer.get("HX-Redirect", "")
                if urlsplit(location).netloc or urlsplit(location).scheme or "evil" in urlsplit(location).path:
                    wrong[url] = location
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.any_database
def test_header_injection_no_parameter_ends_a_header(pages: list[str], client_of: Client) -> None:
    wrong = {}
    injected = "/a\r\nX-Injected: yes\r\n\r\n<i>x</i>"
    query = urlencode(dict.fromkeys(FIELDS, injected))
    for url in pages:
        for answer in (
            client_of.get(f"{url}?{query}", headers={"Referer": "http://testserver/%0d%0aX-Injected:%20yes"}),
            client_of.post(url, dict.fromkeys(FIELDS, injected)),
            client_of.get(url.rstrip("/") + quote("\r\nX-Injected: yes") + "/"),
        ):
            values = "".join(f"{name}{value}" for name, value in answer.items())
            if answer.status_code >= 500 or "X-Injected" in answer.headers or "\r" in values or "\n" in values:
                wrong[url] = answer.status_code
    assert wrong == {}


# Text that somebody entered


def free_texts() -> Iterator[models.Field[Any, Any]]:
    """Every column that a person's text may come into, at least past the rules that forms and models have."""
    for model in apps.get_models():
        if model._meta.app_label not in OUR_APPS:
            continue
        for field in model._meta.concrete_fields:
            is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
            if is_text and not field.unique and not field.primary_key and not field.name.endswith(("_id", "_ref")):
                yield field


@pytest.mark.slow
@pytest.mark.any_database
def test_stored_markup_is_shown_as_text_everywhere(  # noqa: C901 - each door in turn
    acmes: Mapping[str, object], acme_user: User, globex_user: User, support: User, key_of: Any
) -> None:
    """In the console, on the admin site, in the CSV export and in the API's JSON."""
    program = Program(*key_of(acme_user))
    columns = list(free_texts())
    assert {"name", "description", "platform", "details"} - {field.name for field in columns} == {"details"}
    for field in columns:
        if field.model is not Entry:
            field.model._default_manager.update(**{field.name: MARKUP})
    said = {field.name: MARKUP[: field.max_length] for field in columns if field.model is Entry}
    of_acme = {"account_id": ACME, "image_id": acmes["image"], "door": "console", "other_account_id": MARKUP}
    [entry] = Entry.objects.bulk_create(
        [Entry(**{**said, **of_acme, "details": {MARKUP: MARKUP}, "previous": "", "seal": ""})]
    )
    wrong, shown = {}, set()
    for user in (acme_user, globex_user, support):
        user.refresh_from_db()
        client = sign_in(Client(raise_request_exception=False), user)
        for url in [*urls({**acmes, "entry": entry.pk}), f"/admin/audit/entry/{entry.pk}/change/"]:
            for headers in ({}, {"HX-Request": "true"}):
                answer = client.get(url, headers=headers)
                text = content_of(answer)
                kind = answer.get("Content-Type", "").partition(";")[0]
                if "<i>x</i>" in text and kind != "text/csv":
                    wrong[user.pk, url] = text[max(text.index("<i>x</i>") - 80, 0) :][:120]
                if answer.status_code >= 500 or answer["X-Content-Type-Options"] != "nosniff":
                    wrong[user.pk, url] = str(answer.status_code)
                if ESCAPED.search(text):
                    shown.add(url)
                if kind == "text/csv" and user is acme_user:
                    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
                    assert {row["event"] for row in rows if row["id"] == str(entry.pk)} == {MARKUP}
                    assert answer["Content-Disposition"] == 'attachment; filename="operation-log.csv"'
                    shown.add(url)
    assert wrong == {}
    assert len(shown) > 20
    for action in ("DescribeImages", "DescribeDesktops", "DescribeBundles"):
        answer = program.call(action, RegionId="cn-hangzhou")
        assert json.dumps(MARKUP)[1:-1] in answer.content.decode()
        assert answer["Content-Type"] == "application/json"
        assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.slow
@pytest.mark.any_database
def test_markup_in_a_link_or_a_form_is_shown_as_text(pages: list[str], client_of: Client) -> None:
    wrong, shown = {}, 0
    for url in pages:
        for answer in (
            client_of.get(url, dict.fromkeys(FIELDS, MARKUP)),
            client_of.post(url, dict.fromkeys(FIELDS, MARKUP)),
            client_of.get(f"{url.rstrip('/')}{quote(MARKUP)}/"),
        ):
            text = content_of(answer)
            shown += bool(ESCAPED.search(text))
            # Plain text is no markup, where the browser is told not to guess.
            is_plain = answer.get("Content-Type") == "text/plain; charset=utf-8"
            is_shown_as_text = is_plain and answer["X-Content-Type-Options"] == "nosniff"
            if ("<i>x</i>" in text and not is_shown_as_text) or answer.status_code >= 500:
                wrong[url] = answer.status_code
    assert wrong == {}
    assert shown > 2


# Frames, cookies, hosts


@pytest.mark.any_database
def test_clickjacking_no_page_is_shown_in_a_frame(pages: list[str], client_of: Client, client: Client) -> None:
    wrong = {}
    for url in pages:
        for who in (client_of, client):
            for answer in (who.get(url), who.post(url), who.generic("FROB", url)):
                policy = answer.get("Content-Security-Policy", "")
                is_page = answer.get("Content-Type", "").startswith("text/html")
                if (
                    (is_page and answer.get("X-Frame-Options") != "DENY")
                    or "frame-ancestors 'none'" not in policy
                    or "unsafe" in policy
                    or answer.get("X-Content-Type-Options") != "nosniff"
                    or answer.get("Referrer-Policy") != "same-origin"
                ):
                    wrong[url] = dict(answer.headers)
    assert wrong == {}


@pytest.mark.any_database
def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(pages: list[str], client_of: Client) -> None:
    """Each that is ever set; that each is Secure behind TLS is seen through nginx."""
    wrong, seen = {}, set()
    for url in pages:
        for answer in (client_of.get(url), client_of.post(url, {"language": "zh-hans", "next": "/"})):
            for name, cookie in answer.cookies.items():
                seen.add(name)
                if cookie["max-age"] == 0:  # It is taken away.
                    continue
                if not cookie["httponly"] or cookie["samesite"] not in {"Lax", "Strict"} or cookie["domain"]:
                    wrong[name] = cookie.OutputString()
    assert wrong == {}
    assert "csrftoken" in seen
    assert "django_language" in seen or pages[0].startswith("/admin/")


@pytest.mark.any_database
@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Host": "testserver@evil.example"}, {"Host": ""}])
def test_host_header_another_host_is_refused_by_every_url(
    headers: dict[str, str], pages: list[str], client_of: Client
) -> None:
    wrong = {url: answer for url in pages if (answer := client_of.get(url, headers=headers).status_code) != 400}
    assert wrong == {}


@pytest.mark.any_database
def test_host_header_what_a_client_says_was_forwarded_is_not_believed(
    acme_user: User, client: Client, mailoutbox: Any
) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    assert client.post("/login/password/", {"email": "acme@example.com"}, headers=headers).status_code == 302
    assert "evil.example" not in mailoutbox[0].body
    assert f"{settings.PUBLIC_URL}/login/password/" in mailoutbox[0].body


# Input that no browser sends

NASTY = {
    "NUL": "a\0b",
    "long": "x" * 100_000,
    "a number of many digits": "9" * 5000,
    "no number": "NaN",
    "a digit that is none": "²",
    "another script's digit": "٣",
    "control characters": "\x01\x1b[31m\u2028\u202e",
    "a template": "{{ request.user.password }}{% load static %}",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NASTY)
def test_oversized_and_odd_fields_are_no_error(name: str, pages: list[str], client_of: Client) -> None:
    wrong = {}
    for url in pages:
        short = dict.fromkeys(FIELDS, NASTY[name][:200])
        for answer in (client_of.get(url, short), client_of.post(url, dict.fromkeys(FIELDS, NASTY[name]))):
            if answer.status_code >= 500:
                wrong[url] = answer.status_code
    assert wrong == {}


@pytest.mark.slow
def test_oversized_and_unreadable_bodies_are_a_bad_request(
    acmes: Mapping[str, object], pages: list[str], client_of: Client
) -> None:
    form = "application/x-www-form-urlencoded"
    upload = (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\n' + b"x" * 5000 + b"\r\n--x--\r\n"
    )
    bodies = {
        "too large": (b"a=" + b"x" * 3_000_000, form, {400, 405, 413}),
        "too many fields": (b"&".join(b"a%d=" % number for number in range(1100)), form, {400, 405}),
        "no UTF-8": (b"name=%ff%fe&account=\xff\xfe", form, None),
        "a file": (upload, "multipart/form-data; boundary=x", {400, 405}),
        "multipart without a boundary": (b"x", "multipart/form-data", {400, 405}),
        "multipart without an end": (
            b'--x\r\nContent-Disposition: form-data; name="f"',
            "multipart/form-data; boundary=x",
            None,
        ),
        "JSON": (b"[" * 100_000, "application/json", None),
        "a charset that is none": (b"name=x", f"{form}; charset=klingon", None),
    }
    wrong = {}
    for url in pages:
        for name, (body, kind, statuses) in bodies.items():
            status = client_of.generic("POST", url, body, kind).status_code
            if status >= 500:
                wrong[name, url] = status
            # A page that reads forms.
            if statuses and url.endswith(f"{acmes['image']}/edit/") and status not in {*statuses, 403}:
                wrong[name, url] = status
    assert wrong == {}


ANSWERS = {
    "a number": 1,
    "a text": "x",
    "a list": [],
    "an object": {},
    "nothing": None,
    "a number as the answer": {"response": 1},
    "a number as the person": {"response": {"userHandle": 1}},
    "no base64": {
        "id": "x",
        "rawId": "x",
        "type": "public-key",
        "response": {"userHandle": "MQ", "clientDataJSON": "!"},
    },
    "a person whose number is too long": {
        "id": "eA",
        "rawId": "eA",
        "type": "public-key",
        "response": {
            "userHandle": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
            "clientDataJSON": "e30",
            "authenticatorData": "eA",
            "signature": "eA",
            "attestationObject": "eA",
        },
    },
}
CREDENTIALS = {name: json.dumps(answer) for name, answer in ANSWERS.items()}
CREDENTIALS["half a surrogate"] = json.dumps({"id": "\ud800"})
CREDENTIALS |= {"deep": "[" * 5000, "digits": "9" * 5000, "no number": "NaN"}


@pytest.mark.parametrize("page", ["/account/mfa/webauthn/login/", "/account/confirm/", "/account/mfa/webauthn/add/"])
@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_passkey_that_is_none_is_refused(page: str, name: str, acme_user: User, client: Client) -> None:
    client.raise_request_exception = False
    if "login" not in page:
        sign_in(client, acme_user)
    client.get(page)
    assert client.post(page, {"credential": CREDENTIALS[name]}).status_code < 500
    assert client.get("/account/").status_code == (302 if "login" in page else 200)
