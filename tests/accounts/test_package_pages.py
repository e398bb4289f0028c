"""The pages that allauth brings, in the console's frame: one heading, a title, breadcrumb and navigation."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

# For each: the title of the window, and the heading.
PAGES = {
    "/account/password/": ("Change Password", "Change Password"),
    "/account/confirm/": ("Confirm Access", "Confirm Access"),
    "/account/mfa/": ("Two-Factor Authentication", "Two-Factor Authentication"),
    "/account/mfa/totp/activate/": ("Activate Authenticator App", "Activate Authenticator App"),
    "/account/mfa/recovery-codes/": ("Recovery Codes", "Recovery Codes"),
    "/account/mfa/recovery-codes/generate/": ("Recovery Codes", "Recovery Codes"),
    "/account/mfa/webauthn/": ("Passkeys", "Passkeys"),
    "/account/mfa/webauthn/add/": ("Passkeys", "Add a passkey"),
    "/account/mfa/webauthn/keys/{key}/edit/": ("Passkeys", "Edit the passkey"),
    "/account/mfa/webauthn/keys/{key}/remove/": ("Passkeys", "Remove the passkey"),
    "/account/sessions/": ("Sessions", "Sessions"),
    "/account/preferences/": ("Preferences", "Preferences"),
}


@pytest.fixture
def key(acme_user: User) -> str:
    """A passkey, and what is there with it: recovery codes."""
    RecoveryCodes.activate(acme_user)
    data = {"name": "My laptop", "credential": {}}
    return str(Authenticator.objects.create(user=acme_user, type="webauthn", data=data).pk)


@pytest.fixture
def as_acme(as_acme: Client, acme_user: User) -> Client:
    """Signed in a moment ago, so that no page asks for the password first."""
    as_acme.post("/account/confirm/", {"password": "console-demo"})
    return as_acme


@pytest.mark.parametrize(("path", "expected"), PAGES.items(), ids=PAGES)
def test_a_page_of_a_package_is_a_page_of_the_account_center(
    path: str, expected: tuple[str, str], key: str, as_acme: Client
) -> None:
    if path.endswith("/add/"):
        # The page reads the credentials that there are, and the one above is none.
        Authenticator.objects.filter(pk=key).delete()
    answer = as_acme.get(path.format(key=key))
    assert answer.status_code == 200, answer.get("Location")
    page = html.unescape(answer.content.decode())
    title, heading = expected
    assert re.findall(r"<title>(.*?) · Elastic Desktop Service</title>", page, re.DOTALL) == [title]
    assert [re.sub(r"<[^>]+>|\s+", " ", found).strip() for found in re.findall(r"<h1.*?</h1>", page, re.DOTALL)] == [
        heading
    ]
    [crumbs] = re.findall(r'<ol class="crumbs".*?</ol>', page, re.DOTALL)
    assert re.findall(r"<li[^>]*>(?:<a[^>]*>)?(.*?)(?:</a>)?</li>", crumbs)[-1] == heading
    assert re.findall(r'<a href="([^"]+)"[^>]* aria-current="page"', page) == ["/account/"]


@pytest.mark.parametrize("path", ["/login/password/", "/login/password/sent/", "/login/inactive/"])
def test_a_page_before_signing_in_has_one_heading_and_no_link_into_the_account(
    path: str, db: None, client: Client
) -> None:
    page = client.get(path).content.decode()
    assert page.count("<h1") == 1
    assert 'href="/account/"' not in page


@pytest.mark.parametrize(
    ("language", "word", "other"), [("en", "asskey", "ecurity key"), ("zh-hans", "通行密钥", "安全密钥")]
)
def test_passkey_is_the_word_everywhere(language: str, word: str, other: str, key: str, as_acme: Client) -> None:
    as_acme.cookies["django_language"] = language
    for path in (path.format(key=key) for path in PAGES if "mfa" in path and not path.endswith("/add/")):
        assert other not in as_acme.get(path).content.decode(), path
    assert word in as_acme.get("/account/mfa/").content.decode()


def test_a_heading_is_escaped_once(as_acme: Client, key: str) -> None:
    Authenticator.objects.filter(pk=key).update(data={"name": "<b>&</b>", "credential": {}})
    page = as_acme.get("/account/mfa/webauthn/").content.decode()
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in page
    assert "<b>&</b>" not in page
