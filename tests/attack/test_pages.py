"""What stays of a page: nothing in a browser's cache, and nothing that it does for somebody it was not made for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from images.models import ImageShare
from tests.attack.test_browser import client_of, pages
from tests.attack.test_urls import all_rows
from tests.conftest import GLOBEX, INITECH

if TYPE_CHECKING:
    from accounts.models import Account, User
    from images.models import Image

__all__ = ["client_of", "pages"]  # Fixtures
CUSTOM = "/cn-hangzhou/images/custom/"
PASSWORD = "a-password-for-tests"


def with_token(client: Client, path: str) -> dict[str, str]:
    """What the first form on the page sends by itself."""
    page = client.get(path).content.decode()
    fields = re.findall(r'<input type="hidden" name="(csrfmiddlewaretoken|page_owner)" value="(\w+)">', page)
    return dict(fields[:2])


def sign_in_by_form(client: Client, user: User) -> None:
    form = {**with_token(client, "/login/"), "username": user.username, "password": PASSWORD}
    assert client.post("/login/", form).status_code == 302


# Nothing is stored


@pytest.mark.any_database
def test_no_answer_is_stored_by_a_browser_or_a_proxy(pages: list[str], client_of: Client) -> None:
    """Pages, fragments, dialogs, refusals, errors and downloads, of the console and of the admin site."""
    wrong, statuses = {}, set()
    for url in [*pages, "/no/such/page/", "/cn-nowhere/images/custom/"]:
        for answer in (
            client_of.get(url),
            client_of.get(url, headers={"HX-Request": "true"}),
            client_of.post(url),
            client_of.generic("FROB", url),
            client_of.get(url, headers={"Host": "evil.example"}),
        ):
            statuses.add(answer.status_code)
            if url != "/" and answer.get("Cache-Control") != "no-store":
                wrong[url, answer.status_code] = answer.get("Cache-Control")
    assert wrong == {}
    assert {200, 302, 400, 404, 405} <= statuses


def test_an_answer_that_is_an_error_is_not_stored(as_acme: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    as_acme.raise_request_exception = False
    monkeypatch.setattr("images.views.lists.page_at", broken)
    answer = as_acme.get(CUSTOM)
    assert (answer.status_code, answer["Cache-Control"]) == (500, "no-store")


@pytest.mark.parametrize(("who", "url"), [("as_acme", "/logout/"), ("as_support", "/admin/logout/")])
def test_a_sign_out_clears_what_the_browser_has_stored(
    who: str, url: str, request: pytest.FixtureRequest, client: Client
) -> None:
    signed_in = request.getfixturevalue(who)
    assert "Clear-Site-Data" not in signed_in.get("/account/sessions/")
    answer = signed_in.post(url)
    assert (answer.status_code, answer["Clear-Site-Data"]) == (302, '"cache"')
    assert "Clear-Site-Data" not in client.get("/login/")


# Another person has signed in


@pytest.mark.any_database
def test_no_url_does_anything_for_a_page_of_another_person(
    pages: list[str], client_of: Client, globex_user: User
) -> None:
    before, wrong = all_rows(), {}
    owner = str(globex_user.pk)
    # The front door's POST is the API's, which takes no cookies.
    for url in [*pages, "/logout/", "/admin/logout/"]:
        if url == "/":
            continue
        answers = {
            "htmx": client_of.get(url, headers={"HX-Request": "true", "X-Page-Owner": owner}),
            "htmx post": client_of.post(url, headers={"HX-Request": "true", "X-Page-Owner": owner}),
            "form": client_of.post(url, {"page_owner": owner}),
            "link": client_of.get(url, {"page_owner": owner}),
        }
        got = {name: (answer.status_code, answer.get("HX-Refresh")) for name, answer in answers.items()}
        if got != {"htmx": (200, "true"), "htmx post": (200, "true"), "form": (409, None), "link": (302, None)}:
            wrong[url] = got
        if any(answer.content and b"<table" in answer.content for answer in answers.values() if not answer.streaming):
            wrong[url] = "shows something"
    assert wrong == {}
    assert all_rows() == before


@pytest.fixture
def one_browser() -> Client:
    return Client(enforce_csrf_checks=True)


OWNER = re.compile(r'name="csrfmiddlewaretoken" value="\w+"><input type="hidden" name="page_owner" value="(\d+)">')


@pytest.mark.any_database
def test_every_page_says_whom_it_was_made_for(
    pages: list[str], client_of: Client, acme_user: User, support: User
) -> None:
    user = acme_user if "/account/" in pages else support
    header = f"""hx-headers='{{"X-Page-Owner": "{user.pk}"}}'"""
    forms, without = 0, []
    for url in pages:
        answer = client_of.get(url)
        text = "" if answer.streaming else answer.content.decode()
        owners = OWNER.findall(text)
        forms += len(owners)
        if text.count('name="csrfmiddlewaretoken"') != len(owners) or {*owners} - {str(user.pk)}:
            without.append(url)
        if "/js/page.js" in text and header not in text:
            without.append(url)
    assert without == []
    assert forms > 20


def test_who_one_is_now_is_said_on_the_page_that_is_loaded_anew(
    one_browser: Client, acme_user: User, globex_user: User, initech: Account, image: Image
) -> None:
    sign_in_by_form(one_browser, acme_user)
    sharing = f"/cn-hangzhou/images/{image}/sharing/"
    form = {**with_token(one_browser, sharing), "account": INITECH, "confirm": "on"}
    sign_in_by_form(sign_out(one_browser), globex_user)
    told = f"You are signed in as {globex_user.username}, account {GLOBEX}, now."
    answer = one_browser.post(sharing, form, headers={"HX-Request": "true", "X-Page-Owner": str(acme_user.pk)})
    assert answer["HX-Refresh"] == "true"
    assert told in one_browser.get(CUSTOM).content.decode()
    assert told not in one_browser.get(CUSTOM).content.decode()
    answer = one_browser.post(sharing, form)
    assert answer.status_code == 409
    assert told in answer.content.decode()
    assert not ImageShare.objects.exists()
    assert not Entry.objects.exclude(event__startswith="Sign").exists()


def test_to_say_whom_a_page_was_made_for_costs_no_query(as_acme: Client, acme_user: User, image: Image) -> None:
    counts = set()
    as_acme.get(CUSTOM)
    for headers in ({}, {"HX-Request": "true"}, {"HX-Request": "true", "X-Page-Owner": str(acme_user.pk)}):
        with CaptureQueriesContext(connection) as queries:
            assert as_acme.get(CUSTOM, headers=headers).status_code == 200
        counts.add(len(queries))
    assert len(counts) == 1


def sign_out(client: Client) -> Client:
    assert client.post("/logout/", with_token(client, "/account/sessions/")).status_code == 302
    return client


def test_an_export_is_not_that_of_another_person(as_globex: Client, acme_user: User) -> None:
    export = f"/logs/export/?page_owner={acme_user.pk}"
    answer = as_globex.get(export, headers={"Referer": "http://testserver/logs/?period=all"})
    assert (answer.status_code, answer["Location"]) == (302, "/logs/?period=all")
    assert "You are signed in as globex@example.com" in as_globex.get(answer["Location"]).content.decode()
    assert as_globex.get(export, headers={"Referer": "//evil.example"})["Location"] == "/"


def test_the_export_link_of_the_log_names_the_person(as_acme: Client, acme_user: User, share: ImageShare) -> None:
    page = as_acme.get("/logs/?period=all").content.decode()
    [link] = re.findall(r'id="export" href="([^"]+)"', page)
    answer = as_acme.get(link.replace("&amp;", "&"))
    assert b"ShareImage" in b"".join(answer.streaming_content)
    assert f"page_owner={acme_user.pk}" in link


def test_the_same_person_who_signs_in_again_goes_on(
    one_browser: Client, acme_user: User, globex: Account, image: Image
) -> None:
    sign_in_by_form(one_browser, acme_user)
    sharing = f"/cn-hangzhou/images/{image}/sharing/"
    form = {**with_token(one_browser, sharing), "account": GLOBEX, "confirm": "on"}
    sign_in_by_form(sign_out(one_browser), acme_user)
    assert one_browser.post(sharing, form).status_code == 302
    assert ImageShare.objects.count() == 1


def test_a_token_of_before_a_sign_in_is_no_token_after_it(one_browser: Client, acme_user: User, image: Image) -> None:
    """So that nobody plants one; also not the one that the same browser had for another person."""
    planted = with_token(one_browser, "/login/")["csrfmiddlewaretoken"]
    sign_in_by_form(one_browser, acme_user)
    form = {"csrfmiddlewaretoken": planted, "account": GLOBEX, "confirm": "on"}
    assert one_browser.post(f"/cn-hangzhou/images/{image}/sharing/", form).status_code == 403


@pytest.mark.parametrize("secret", ["", "x" * 32, "é" * 32, "x" * 16 + "0" * 16, "x" * 64])
def test_a_secret_that_was_not_made_for_the_person_is_not_kept(secret: str, client: Client, acme_user: User) -> None:
    client.cookies["csrftoken"] = secret
    client.post("/login/", {"username": acme_user.username, "password": PASSWORD})
    made = client.cookies["csrftoken"].value
    assert made != secret
    assert re.fullmatch(r"[0-9A-Za-z]{32}", made)


def test_signed_out_meanwhile_a_form_leads_to_the_sign_in_page_and_back_to_its_page(
    one_browser: Client, acme_user: User, image: Image
) -> None:
    sign_in_by_form(one_browser, acme_user)
    sharing = f"/cn-hangzhou/images/{image}/sharing/"
    form = {**with_token(one_browser, sharing), "account": GLOBEX, "confirm": "on"}
    sign_out(one_browser)
    answer = one_browser.post(sharing, form, headers={"Referer": f"http://testserver{CUSTOM}"})
    assert answer["Location"] == "/login/?next=%2Fcn-hangzhou%2Fimages%2Fcustom%2F&ended=1"
    assert not ImageShare.objects.exists()


# Links that lead elsewhere


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "///evil.example", "//evil.example/%2f.."])
def test_open_redirect_the_page_that_htmx_names_is_a_path_of_ours(
    path: str, as_acme: Client, desktop: Any, share: ImageShare, client: Client
) -> None:
    headers = {
        "HX-Request": "true",
        "HX-Current-URL": f"http://testserver{path}",
        "Referer": f"http://testserver{path}",
    }
    answer = as_acme.post(f"/cn-hangzhou/desktops/{desktop.desktop_id}/stop/", headers=headers)
    assert answer["HX-Redirect"] == f"/cn-hangzhou/desktops/{desktop.desktop_id}/"
    assert "evil" not in client.get(CUSTOM, headers=headers)["HX-Redirect"]
    assert "evil" not in client.post(CUSTOM, headers={"Referer": headers["Referer"]})["Location"]
    without_htmx = {"HX-Current-URL": headers["HX-Current-URL"]}
    answer = as_acme.post(f"/cn-hangzhou/desktops/{desktop.desktop_id}/start/", headers=without_htmx)
    assert "evil" not in answer.get("Location", "")
