"""A page acts only for the person it shows: somebody else has signed in, in another tab, while it was open."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from audit.models import Entry
from images.models import ImageShare
from tests.browser import BROWSER
from tests.browser.test_private_pages import CUSTOM, sign_out
from tests.browser.test_sign_in import sign_in
from tests.conftest import GLOBEX, INITECH

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from accounts.models import Account, User
    from images.models import Image

pytestmark = BROWSER


def signs_in_elsewhere(page: Page, user: User) -> None:
    """In another tab of the same browser."""
    other = page.context.new_page()
    other.goto(CUSTOM)
    sign_out(other)
    sign_in(other, user.username)
    other.wait_for_url(re.compile("/(images/custom|admin)/$"))
    other.close()


def open_dialog(page: Page, image: Image) -> None:
    page.get_by_role("row").filter(has_text=image.image_id).get_by_role("link", name="View/Share Image").click()


def fill_in(page: Page, account: str) -> None:
    """So that nothing more is asked before Confirm."""
    page.get_by_role("textbox", name="Account").fill(account)
    page.locator(".sheet [type=checkbox]").check()
    if page.get_by_role("dialog").is_visible():
        expect(page.locator("#recipient")).to_contain_text(account)


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Confirm").click()


def expect_to_be_told(page: Page, user: User) -> None:
    told = page.get_by_role("status").filter(has_text=f"You are signed in as {user.username}")
    expect(told).to_be_visible()
    expect(told).to_contain_text("nothing was done")


@pytest.fixture
def globex_image(make_image: Callable[..., Image], globex: Account) -> Image:
    return make_image(owner=globex, name="globex-own")


def test_a_search_loads_the_page_anew_for_who_is_signed_in_now(
    browse: Callable[..., Page], acme_user: User, globex_user: User, image: Image, globex_image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    signs_in_elsewhere(page, globex_user)
    page.get_by_role("searchbox").first.fill("o")
    expect_to_be_told(page, globex_user)
    expect(page.locator("#user")).to_have_attribute("aria-label", f"Account: {globex_user.username}")
    expect(page.get_by_text(globex_image.image_id).first).to_be_visible()


def test_a_dialog_opens_for_nobody_else(
    browse: Callable[..., Page], acme_user: User, globex_user: User, image: Image, globex_image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    signs_in_elsewhere(page, globex_user)
    open_dialog(page, image)
    expect_to_be_told(page, globex_user)
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_dialog_that_was_open_shares_nothing_for_somebody_else(
    browse: Callable[..., Page], acme: Account, acme_user: User, globex_user: User, initech: Account, image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    open_dialog(page, image)
    fill_in(page, INITECH)
    signs_in_elsewhere(page, globex_user)
    confirm(page)
    expect_to_be_told(page, globex_user)
    assert not ImageShare.objects.exists()
    assert not Entry.objects.exclude(event__in=("SignIn", "SignOut")).exists()


def test_a_list_that_asks_again_by_itself_loads_the_page_anew(
    browse: Callable[..., Page], acme_user: User, globex_user: User, image: Image, make_image: Callable[..., Image]
) -> None:
    make_image(name="still-made", ready_at=timezone.now() + timedelta(hours=1))
    page = browse(acme_user, CUSTOM)
    signs_in_elsewhere(page, globex_user)
    expect_to_be_told(page, globex_user)


def test_the_same_person_who_has_signed_in_again_goes_on(
    browse: Callable[..., Page], acme_user: User, globex: Account, image: Image
) -> None:
    page = browse(None, "/login/")
    sign_in(page, acme_user.username)
    open_dialog(page, image)
    fill_in(page, GLOBEX)
    signs_in_elsewhere(page, acme_user)
    confirm(page)
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text(f"shared with account {GLOBEX}")
    assert ImageShare.objects.count() == 1


def test_who_has_signed_out_meanwhile_is_told_at_the_sign_in_page(
    browse: Callable[..., Page], acme_user: User, globex: Account, image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    open_dialog(page, image)
    fill_in(page, GLOBEX)
    other = page.context.new_page()
    other.goto(CUSTOM)
    sign_out(other)
    confirm(page)
    expect(page.get_by_text("Your session has ended. Sign in to go on.")).to_be_visible()
    assert not ImageShare.objects.exists()


REFUSED = re.compile("status of 40[39]")


def drop_refusals(browser_console: list[str]) -> None:
    """Chromium writes a line for each answer that is an error, and these are meant."""
    browser_console[:] = [line for line in browser_console if not REFUSED.search(line)]


def test_a_form_without_javascript_is_refused(
    browse: Callable[..., Page],
    browser_console: list[str],
    acme_user: User,
    globex_user: User,
    initech: Account,
    image: Image,
) -> None:
    page = browse(acme_user, f"/cn-hangzhou/images/{image}/sharing/", java_script_enabled=False)
    fill_in(page, INITECH)
    signs_in_elsewhere(page, globex_user)
    confirm(page)
    expect(page.get_by_role("main")).to_contain_text(f"You are signed in as {globex_user.username}, account {GLOBEX}")
    assert not ImageShare.objects.exists()
    drop_refusals(browser_console)


def test_a_form_of_the_admin_site_is_refused(
    browse: Callable[..., Page], browser_console: list[str], support: User, acme_user: User, share: ImageShare
) -> None:
    page = browse(support, f"/admin/images/imageshare/{share.pk}/delete/")
    other = page.context.new_page()
    other.goto("/admin/")
    other.get_by_role("button", name="Log out").click()
    sign_in(other, acme_user.username)
    other.wait_for_url(re.compile("images/custom/$"))
    page.locator("[type=submit]").last.click()
    expect(page.get_by_role("main")).to_contain_text(f"You are signed in as {acme_user.username}")
    assert ImageShare.objects.count() == 1
    drop_refusals(browser_console)


def test_support_staff_who_have_signed_in_are_told_on_a_page_of_an_account(
    browse: Callable[..., Page], browser_console: list[str], acme_user: User, support: User, image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    signs_in_elsewhere(page, support)
    open_dialog(page, image)
    expect_to_be_told(page, support)
    expect(page.get_by_role("link", name="Back to the admin site")).to_be_visible()
    drop_refusals(browser_console)
