"""Two sign-in pages are open, and both are used; and forms whose origin the browser hides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from accounts.models import User

PASSWORD = "a-password-for-tests"


@pytest.fixture
def one_browser(db: None) -> Client:
    return Client(enforce_csrf_checks=True)


def open_sign_in(client: Client, query: str = "") -> dict[str, str]:
    page = client.get(f"/login/{query}").content.decode()
    return {"csrfmiddlewaretoken": re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]}


def fields(user: User, password: str = PASSWORD) -> dict[str, str]:
    return {"username": user.username, "password": password}


@pytest.mark.parametrize(
    ("after", "leads_to"),
    [("", "/"), ("/cn-shanghai/images/system/", "/cn-shanghai/images/system/"), ("//evil.example", "/")],
)
def test_who_is_signed_in_goes_on(after: str, leads_to: str, one_browser: Client, acme_user: User) -> None:
    first, second = open_sign_in(one_browser), open_sign_in(one_browser)
    assert one_browser.post("/login/", {**first, **fields(acme_user)}).status_code == 302
    answer = one_browser.post("/login/", {**second, **fields(acme_user, "wrong"), "next": after})
    assert (answer.status_code, answer["Location"]) == (302, leads_to)
    assert "already" not in one_browser.get("/account/").content.decode()


def test_who_wanted_to_be_another_person_is_told_who_they_are(
    one_browser: Client, acme_user: User, globex_user: User
) -> None:
    first, second = open_sign_in(one_browser), open_sign_in(one_browser)
    one_browser.post("/login/", {**first, **fields(acme_user)})
    one_browser.post("/login/", {**second, **fields(globex_user)})
    page = one_browser.get("/account/").content.decode()
    assert f"You are signed in as {acme_user.username} already." in page
    assert "Acme" in page


def test_with_a_second_factor_too(one_browser: Client, acme_user: User) -> None:
    first, second = open_sign_in(one_browser), open_sign_in(one_browser)
    one_browser.post("/login/", {**first, **fields(acme_user)})
    answer = one_browser.post("/account/mfa/authenticate/", {**second, "code": "000000"})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_who_has_signed_out_again_gets_a_fresh_form(one_browser: Client, acme_user: User) -> None:
    first, second = open_sign_in(one_browser), open_sign_in(one_browser)
    one_browser.post("/login/", {**first, **fields(acme_user)})
    one_browser.cookies.pop("sessionid")
    answer = one_browser.post("/login/", {**second, **fields(acme_user), "next": "/logs/"})
    assert answer["Location"] == "/login/?next=%2Flogs%2F"
    assert "The form had expired. Sign in again." in one_browser.get(answer["Location"]).content.decode()
    form = {**open_sign_in(one_browser, "?next=/logs/"), **fields(acme_user), "next": "/logs/"}
    assert one_browser.post("/login/", form)["Location"] == "/logs/"


def test_a_sign_in_without_a_token_is_refused(one_browser: Client, acme_user: User) -> None:
    open_sign_in(one_browser)
    answer = one_browser.post("/login/", fields(acme_user))
    assert answer.status_code == 403
    assert "The form has expired" in answer.content.decode()


@pytest.mark.parametrize("path", ["/login/", "/logout/", "/account/keys/create/"])
def test_a_form_whose_origin_is_hidden_has_a_sentence_of_its_own(
    path: str, one_browser: Client, acme_user: User
) -> None:
    form = open_sign_in(one_browser)
    answer = one_browser.post(path, {**form, **fields(acme_user)}, headers={"Origin": "null"})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "it sends “Origin: null”" in page
    assert "has expired" not in page
    other_site = one_browser.post(path, {**form, **fields(acme_user)}, headers={"Origin": "https://evil.example"})
    assert other_site.status_code == 403
    assert "Origin: null" not in other_site.content.decode()


def test_an_expired_form_leads_back_to_its_page(one_browser: Client, acme_user: User) -> None:
    one_browser.force_login(acme_user)
    answer = one_browser.post("/account/sessions/", headers={"Referer": "http://testserver/account/sessions/"})
    assert answer.status_code == 403
    assert '<a href="/account/sessions/">Open the page again</a>' in answer.content.decode()
