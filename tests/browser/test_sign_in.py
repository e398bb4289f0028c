"""Second factors in a real browser: an authenticator app, and a passkey of Chromium's own virtual authenticator."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from accounts.models import User
from tests.browser import BROWSER
from tests.conftest import ACME

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from accounts.models import Account

pytestmark = BROWSER
PASSWORD = "a-password-for-tests"


def sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.goto("/login/")
    page.get_by_label("Logon name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def code(secret: str) -> str:
    """The code of this half minute, and not one whose time ends while it is typed."""
    if (left := 30 - time.time() % 30) < 5:
        time.sleep(left)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.mark.parametrize("with_javascript", [True, False])
def test_an_authenticator_app_and_a_recovery_code(
    browse: Callable[..., Page], acme_user: User, with_javascript: bool
) -> None:
    page = browse(None, "/login/", java_script_enabled=with_javascript)
    sign_in(page, acme_user.username)
    page.goto("/account/")
    page.get_by_role("main").get_by_role("link", name="Authenticator app, passkeys, recovery codes").click()
    page.get_by_role("link", name="Activate").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    secret = page.get_by_label("Authenticator secret").input_value()
    page.get_by_label("Authenticator code").fill(code(secret))
    page.get_by_role("button", name="Activate").click()
    codes = page.get_by_label("Unused codes").input_value().split()
    assert len(codes) == 10

    page = browse(None, "/login/", java_script_enabled=with_javascript)
    sign_in(page, acme_user.username)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign In").click()
    expect(page.get_by_text("Incorrect code.")).to_be_visible()
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign In").click()
    expect(page.get_by_role("heading", name="Images", level=1)).to_be_visible()


def test_a_passkey_signs_in_without_a_password(browse: Callable[..., Page], acme_user: User) -> None:
    page = browse(None, "/login/")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    sign_in(page, acme_user.username)
    page.goto("/account/mfa/webauthn/add/")
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Unused codes")).to_be_visible()
    page.goto("/account/mfa/webauthn/")
    expect(page.get_by_role("row").filter(has_text="My laptop")).to_contain_text("Passkey")
    assert Authenticator.objects.filter(user=acme_user, type="webauthn").count() == 1

    page.get_by_role("button", name="Account: acme@example.com").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Images", level=1)).to_be_visible()

    # Whoever has just signed in is not asked once more.
    page.goto("/account/keys/create/")
    expect(page.get_by_role("heading", name="Create AccessKey")).to_be_visible()

    # As second factor, after the password.
    page.context.clear_cookies()
    sign_in(page, acme_user.username)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Images", level=1)).to_be_visible()


@pytest.mark.parametrize("with_javascript", [True, False])
def test_the_main_user_makes_and_removes_a_ram_user(
    browse: Callable[..., Page], acme_user: User, acme: Account, with_javascript: bool
) -> None:
    page = browse(acme_user, "/account/", java_script_enabled=with_javascript)
    page.get_by_role("link", name="Create RAM user").click()
    page.get_by_label("Name", exact=False).first.fill("olga")
    page.get_by_label("AliyunECDReadOnlyAccess").check()
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Create RAM user").click()
    expect(page.get_by_text("This password is too short.")).to_be_visible()
    page.get_by_label("Password").fill("a-Password-4711")
    page.get_by_role("button", name="Create RAM user").click()
    name = f"olga@{ACME}.onaliyun.com"
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("AliyunECDReadOnlyAccess")
    row.get_by_role("link", name="Disable").click()
    page.get_by_role("button", name="Disable RAM user").click()
    expect(row).to_contain_text("Disabled")
    row.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove RAM user").click()
    expect(page.get_by_text(f"RAM user {name} is removed.")).to_be_visible()
    assert not User.objects.filter(username=name).exists()
