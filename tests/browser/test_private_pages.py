"""Back after a sign-out, with the back/forward cache on: private pages are gone, and lists are never stale."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from tests.browser import BROWSER
from tests.browser.test_sign_in import sign_in
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from accounts.models import Account, User
    from images.models import Image

pytestmark = BROWSER
CUSTOM = "/cn-hangzhou/images/custom/"
SIGN_IN_PAGE = re.compile(r"/login/")


def sign_out(page: Page) -> None:
    page.locator("#user").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def expect_the_sign_in_page(page: Page, secret: str) -> None:
    expect(page).to_have_url(SIGN_IN_PAGE)
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    assert secret not in page.content()


@pytest.fixture
def page_of_acme(browse: Callable[..., Page], acme_user: User, image: Image) -> Page:
    return browse(acme_user, "/cn-hangzhou/images/system/")


@pytest.mark.parametrize("path", [CUSTOM, "/cn-hangzhou/images/{image}/", "/logs/", "/account/"])
def test_back_after_a_sign_out_ends_at_the_sign_in_page(page_of_acme: Page, image: Image, path: str) -> None:
    page = page_of_acme
    page.goto(path.format(image=image))
    expect(page.locator("#user")).to_be_visible()
    sign_out(page)
    page.go_back()
    expect_the_sign_in_page(page, "acme@example.com")
    page.go_back()
    expect_the_sign_in_page(page, "acme@example.com")


def test_back_after_a_sign_out_shows_no_secret_of_an_access_key(page_of_acme: Page) -> None:
    page = page_of_acme
    page.goto("/account/")
    page.get_by_role("link", name="Create AccessKey").click()
    page.get_by_role("dialog").get_by_role("button", name="Create AccessKey").click()
    secret = page.locator("#secret").inner_text()
    assert len(secret) > 20
    page.keyboard.press("Escape")
    sign_out(page)
    page.go_back()
    expect_the_sign_in_page(page, secret)


def test_back_after_a_sign_out_does_not_show_the_page_that_had_a_secret(page_of_acme: Page) -> None:
    page = page_of_acme
    page.goto("/account/keys/create/")
    page.get_by_role("button", name="Create AccessKey").click()
    secret = page.locator("#secret").inner_text()
    sign_out(page)
    # The page is the answer to a form and is not stored, so the browser asks before it sends the form again.
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    # Chromium's page about the error, which comes while the exception is on its way.
    expect(page.locator("body")).to_contain_text("ERR_CACHE_MISS")
    assert secret not in page.content()


def test_back_after_a_sign_out_shows_no_secret_of_an_authenticator_app(page_of_acme: Page) -> None:
    page = page_of_acme
    page.goto("/account/mfa/totp/activate/")
    secret = page.get_by_label("Authenticator secret").input_value()
    sign_out(page)
    page.go_back()
    expect_the_sign_in_page(page, secret)


def test_back_after_a_sign_out_shows_no_page_of_the_admin_site(
    browse: Callable[..., Page], support: User, image: Image
) -> None:
    page = browse(support, "/admin/images/image/")
    expect(page.get_by_text(image.image_id)).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You have signed out").or_(page.get_by_role("heading", name="Sign in"))).to_be_visible()
    page.go_back()
    expect_the_sign_in_page(page, image.image_id)


def test_back_after_a_sign_out_in_another_tab_ends_at_the_sign_in_page(page_of_acme: Page, image: Image) -> None:
    page = page_of_acme
    page.goto("/logs/")
    other = page.context.new_page()
    other.goto(CUSTOM)
    sign_out(other)
    page.go_back()
    expect_the_sign_in_page(page, image.image_id)


@pytest.mark.parametrize("path", [CUSTOM, "/admin/images/image/"])
def test_a_page_that_the_browser_kept_is_covered_and_loaded_anew(
    browse: Callable[..., Page], acme_user: User, support: User, image: Image, path: str
) -> None:
    """Also in a browser that keeps pages which it is told not to store: the page itself sees to it."""
    page = browse(support if "admin" in path else acme_user, path)
    expect(page.get_by_text(image.image_id).first).to_be_visible()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    expect(page.get_by_text(image.image_id).first).to_be_hidden()
    page.context.clear_cookies()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect_the_sign_in_page(page, image.image_id)


def test_back_shows_the_list_as_it_is_now(page_of_acme: Page, globex: Account, image: Image) -> None:
    page = page_of_acme
    page.goto(CUSTOM)
    count = page.get_by_role("row").filter(has_text=image.image_id).locator("[id^='shared-count-']")
    expect(count).to_have_text("0", use_inner_text=True)
    page.get_by_role("row").filter(has_text=image.image_id).get_by_role("link", name=image.name).click()
    expect(page).to_have_url(re.compile(f"{image}/$"))
    page.get_by_role("link", name="View/Share Image").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Account").fill(GLOBEX)
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_role("status")).to_contain_text(GLOBEX)
    page.keyboard.press("Escape")
    page.go_back()
    expect(count).to_have_text("1", use_inner_text=True)


def test_htmx_keeps_no_page_in_the_browsers_storage(page_of_acme: Page, image: Image) -> None:
    page = page_of_acme
    page.goto(CUSTOM)
    page.get_by_role("searchbox").first.fill(image.name)
    expect(page).to_have_url(re.compile("q="))
    page.go_back()
    expect(page).to_have_url(re.compile(f"{CUSTOM}$"))
    expect(page.get_by_role("searchbox").first).to_have_value("")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert image.image_id not in stored
    assert "<" not in stored


def test_who_signs_in_after_it_sees_their_own_page_on_back(page_of_acme: Page, globex_user: User, image: Image) -> None:
    page = page_of_acme
    page.goto(CUSTOM)
    sign_out(page)
    sign_in(page, globex_user.username)
    expect(page.locator("#user")).to_have_attribute("aria-label", f"Account: {globex_user.username}")
    for _ in range(3):
        page.go_back()
        assert image.image_id not in page.content()
